#pragma once
// Random search: the best of randomly drawn plans. Paper, section VI-C3, where it is a baseline.

#include <einet/base/random_bits.hpp>
#include <einet/paper/batch_expectation.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/search/search.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace einet {

/// Draws plans that contain every exit to come with probability 1/2; tries the empty plan first. The same
/// seed draws the same plans on every machine.
template <class Arch = simd::default_arch>
struct BasicRandomSearch {
  std::size_t plans = 10'000;  ///< number of plans drawn
  std::uint64_t seed = 1;

  template <std::size_t N, stop_law Law>
  [[nodiscard]] Found<N> operator()(const Problem<N>& problem, const Law& law) const noexcept {
    return detail::on_probabilities(problem,
                                    [&](const Problem<N>& sound) noexcept { return find(sound, law); });
  }

 private:
  template <std::size_t N, class Law>
  [[nodiscard]] Found<N> find(const Problem<N>& problem, const Law& law) const noexcept {
    using Batch = BatchExpectation<N, Law, Arch>;
    constexpr std::size_t most = (std::max)(Batch::group, std::size_t{64});
    const Batch score(problem, law);
    std::array<std::uint64_t, ExitPlan<N>::words> to_come{};
    for (std::size_t k = problem.first; k < problem.exit_count(); ++k)
      to_come[k / 64] |= std::uint64_t{1} << (k % 64);

    // As many words as for the exact number of exits, so that the same plans are drawn.
    const std::size_t used = (problem.exit_count() + 63) / 64;

    Found<N> best{
        {}, detail::sound_expectation(problem, ExitPlan<N>{}, law), problem.first == problem.exit_count()};
    std::array<ExitPlan<N>, most> drawn;
    std::array<float, most> worths;
    for (std::size_t begin = 0; begin < plans; begin += most) {
      const std::size_t count = (std::min)(most, plans - begin);
      for (std::size_t i = 0; i < count; ++i) {
        auto words = to_come;
        for (std::size_t w = 0; w < used; ++w) words[w] &= random_bits(seed, (begin + i) * used + w);
        drawn[i] = ExitPlan<N>::from_words(words);
      }
      score(std::span(drawn).first(count), std::span(worths).first(count));
      // Plans that single precision cannot distinguish from the best are scored again in double.
      for (std::size_t i = 0; i < count; ++i)
        if (static_cast<double>(worths[i]) >= best.worth - score.error())
          detail::offer(best, drawn[i], detail::sound_expectation(problem, drawn[i], law));
    }
    return best;
  }
};

/// Random search for the processor that it is compiled for.
using RandomSearch = BasicRandomSearch<>;

}  // namespace einet

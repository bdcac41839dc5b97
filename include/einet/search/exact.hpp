#pragma once
// Exact search: the plan of the highest expectation, for any stop-time law. The paper (section V-B) takes it
// for exponential and settles for a heuristic.

#include <einet/plan/expectation.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/search/label_search.hpp>
#include <einet/search/longest_path.hpp>
#include <einet/search/search.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>

namespace einet {

/// The best of all plans: by longest paths under the uniform law, by labels under any other. Labels live in a
/// pool of fixed size on the stack; should it overflow, the best plan met so far is returned with
/// `optimal = false`, and `bound` says how much better another one could be at most.
/// @tparam Labels capacity of the pool; 0: by the number of exits, see `labels`
template <std::size_t Labels = 0, class Arch = simd::default_arch>
struct BasicExactSearch {
  /// Capacity of the pool for N exits. By default 3·N², at most 2,048.
  template <std::size_t N>
  static constexpr std::size_t labels = Labels > 0 ? Labels : detail::usual_labels<N>;

  /// Bytes of the stack that a search among N exits takes at most, whatever the law: the thread that plans
  /// must have them to spare.
  template <std::size_t N>
  static constexpr std::size_t stack_bytes = sizeof(detail::LabelSearch<labels<N>, N, Uniform, Arch>) +
                                             512 * N + 12288;

  template <std::size_t N, stop_law Law>
  [[nodiscard]] Found<N> operator()(const Problem<N>& problem, const Law& law) const noexcept {
    EINET_ASSERT(problem.first <= N);
    return detail::on_probabilities(problem,
                                    [&](const Problem<N>& sound) noexcept { return find(sound, law); });
  }

 private:
  template <std::size_t N, class Law>
  [[nodiscard]] Found<N> find(const Problem<N>& problem, const Law& law) const noexcept {
    Found<N> found{{}, 0, true};
    if (!(1 - law.cdf(problem.elapsed) > 0))
      found.plan = detail::last_chance(problem).plan;
    else if constexpr (std::same_as<Law, Uniform>)
      found.plan = detail::longest_path<Arch>(problem, law.horizon() - problem.elapsed);
    else
      found = by_labels(problem, law);
    found.worth = detail::sound_expectation(problem, found.plan, law);
    found.bound = found.optimal ? found.worth : (std::max)(found.worth, found.bound);
    return found;
  }

  template <std::size_t N, class Law>
  static Found<N> by_labels(const Problem<N>& problem, const Law& law) noexcept {
    Found<N> found = detail::LabelSearch<labels<N>, N, Law, Arch>{problem, law}.run();
    if (found.optimal) return found;
    // What is missing may be near what was met so far, or near the best plan under an even law.
    flip_exits(problem, law, found);
    if (const double rest = problem.rest(); rest > 0) {
      Found<N> even{detail::longest_path<Arch>(problem, rest), 0};
      even.worth = detail::sound_expectation(problem, even.plan, law);
      flip_exits(problem, law, even);
      detail::offer(found, even.plan, even.worth);
    }
    return found;
  }

  /// Runs what was skipped, or skips what was run, exit by exit, where that is worth more.
  template <std::size_t N, class Law>
  static void flip_exits(const Problem<N>& problem, const Law& law, Found<N>& found) noexcept {
    double before = -1;
    for (int round = 0; round < 4 && found.worth > before; ++round) {
      before = found.worth;
      for (std::size_t k = problem.first; k < N; ++k) {
        ExitPlan<N> flipped = found.plan;
        if (flipped.contains(k))
          flipped.erase(k);
        else
          flipped.insert(k);
        detail::offer(found, flipped, detail::sound_expectation(problem, flipped, law));
      }
    }
  }
};

/// The default search.
using ExactSearch = BasicExactSearch<>;

}  // namespace einet

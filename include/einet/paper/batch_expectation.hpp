#pragma once
// The expectation (paper, section V-A, Algorithm 1) of many plans for one problem, one plan per SIMD lane,
// less the price of their time.

#include <einet/base/assert.hpp>
#include <einet/base/floating.hpp>
#include <einet/paper/even_quads.hpp>
#include <einet/paper/lanes.hpp>
#include <einet/paper/lookup.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/plan/lane_law.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/uniform.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>

namespace einet {

/// Scores batches of plans for `problem`; what all plans share is computed once. In single precision, with an
/// error of at most `error()`; one by one in double under laws that do not model `lane_law`, and where too
/// little of the law is left. Refers to problem and law, which must outlive it.
template <std::size_t N, stop_law Law, class Arch = simd::default_arch>
class BatchExpectation {
  using Vector = simd::Lanes<float, Arch>;
  using Bits = simd::Lanes<std::int32_t, Arch>;
  static constexpr std::size_t W = Vector::size;
  static constexpr std::size_t chunks = 2;  // registers of plans that are processed side by side
  static constexpr std::size_t halves = 2 * ExitPlan<N>::words;

 public:
  /// Number of plans that are scored together; batches are best a multiple of it.
  static constexpr std::size_t group = chunks * W;

  BatchExpectation(const Problem<N>&&, const Law&) = delete;
  BatchExpectation(const Problem<N>&, const Law&&) = delete;
  BatchExpectation(const Problem<N>&&, const Law&&) = delete;
  BatchExpectation(const Problem<N>& problem, const Law& law) noexcept
      : problem_(problem),
        law_(law),
        survival_(1 - law.cdf(problem.elapsed)),
        error_(1e-7 * (std::max)(1.0, problem.price * problem.rest())) {
    EINET_ASSERT(problem.first <= problem.exit_count());
    if constexpr (lane_law<Law, Arch>) prepare();
  }

  /// Whether plans are scored in lanes.
  [[nodiscard]] bool in_lanes() const noexcept { return in_lanes_; }

  /// The largest error of a score, as a confidence.
  [[nodiscard]] double error() const noexcept { return error_; }

  /// worths[i] = expectation(problem, plans[i], law).
  /// @pre worths is as long as plans
  void operator()(std::span<const ExitPlan<N>> plans, std::span<float> worths) const noexcept {
    EINET_ASSERT(plans.size() == worths.size());
    if constexpr (lane_law<Law, Arch>) {
      if (in_lanes_) {
        if constexpr (std::same_as<Law, Uniform>) {
          if (priced_even_) return score<true>(plans, worths, *priced_even_);
          if (even_) return score<false>(plans, worths, *even_);
        }
        return problem_.price > 0 ? score<true>(plans, worths, *steps_)
                                  : score<false>(plans, worths, *steps_);
      }
    }
    for (std::size_t i = 0; i < plans.size(); ++i)
      worths[i] = static_cast<float>(expectation(problem_, plans[i], law_));
  }

 private:
  [[nodiscard]] std::size_t exit_count() const noexcept { return problem_.exit_count(); }

  /// Times count from now, as shares of all that can still be run.
  void prepare() noexcept {
    rest_ = problem_.rest();
    if (!(rest_ > detail::shortest_in_lanes && survival_ > 0)) return;
    const std::size_t n = exit_count();
    double variation = 0;  // the confidences of no plan rise and fall by more
    double before = as_probability(problem_.in_hand);
    for (std::size_t k = problem_.first; k < n; ++k) {
      const double worth = as_probability(problem_.confidences[k]);
      variation += std::abs(worth - before);
      before = worth;
    }
    // Over very many similar exits, sums are rounded the same way each time.
    const double many = n > 128 ? static_cast<double>(n) / 128 : 1;
    const double rest_price = problem_.price * rest_;
    const double error = many * ((variation + 1) * law_.lane_error(rest_) / survival_ +
                                 rest_price * (detail::moment_error + detail::value_error));
    if (!(error <= 1e-4)) return;
    in_lanes_ = true;
    error_ = error;
    if constexpr (std::same_as<Law, Uniform>) {
      if (!problem_.outlasts(law_.horizon())) {
        const double remaining = law_.horizon() - problem_.elapsed;
        if (rest_price > 0)
          priced_even_.emplace(problem_, remaining);
        else
          even_.emplace(problem_, remaining);
        return;
      }
    }
    steps_.emplace(problem_, law_, rest_, survival_);
  }

  /// The state of a register of plans.
  struct State {
    Vector before;  ///< worth in hand
    Vector spent;   ///< time of the branches run
    Vector sum;
    Vector done;  ///< when the last output was ready; known only if time has a price
  };

  /// Algorithm 1 for any law, in its telescoped form.
  struct Steps {
    decltype(std::declval<const Law&>().template lanes<Arch>(0, 1)) cdf;
    std::array<float, most_exits<N>> worth_of;
    std::array<float, most_exits<N>>
        reach;  // time of the conv parts up to and including k, as a share of `rest`
    std::array<float, most_exits<N>> branch;  // time of branch k, as a share of `rest`
    float price;                              // of `rest`
    float share;                              // factor of a score,
    float gone;                               // after this has been subtracted

    Steps(const Problem<N>& problem, const Law& law, double rest, double survival) noexcept
        : cdf(law.template lanes<Arch>(problem.elapsed, rest)),
          price(static_cast<float>(problem.price * rest)),
          share(static_cast<float>(1 / survival)),
          gone(static_cast<float>(as_probability(problem.in_hand) * (1 - survival))) {
      double sum = 0;
      for (std::size_t k = problem.first; k < problem.exit_count(); ++k) {
        worth_of[k] = as_probability(problem.confidences[k]);
        reach[k] = static_cast<float>((sum += problem.times.conv[k]) / rest);
        branch[k] = static_cast<float>(problem.times.branch[k] / rest);
      }
    }
    template <bool Priced, class Mask>
    void step(std::array<State, chunks>& states, const std::array<Mask, chunks>& skips,
              std::size_t k) const noexcept {
      const Vector worth(worth_of[k]), duration(branch[k]), base(reach[k]);
      for (std::size_t c = 0; c < chunks; ++c) {
        State& state = states[c];
        state.spent = state.spent + select(skips[c], Vector(0.f), duration);
        const Vector now = select(skips[c], state.before, worth);
        const Vector ready = base + state.spent;
        state.sum = simd::fma(now - state.before, cdf(ready), state.sum);
        state.before = now;
        if constexpr (Priced) state.done = select(skips[c], state.done, ready);
      }
    }
    template <bool Priced>
    [[nodiscard]] Vector worth(const State& state) const noexcept {
      const Vector free = (state.before - Vector(gone) - state.sum) * Vector(share);
      return Priced ? simd::fnma(Vector(price), state.done, free) : free;
    }
  };

  /// Algorithm 1 as printed, for a uniform law over the whole rest of the run, where time and probability are
  /// the same.
  struct EvenSteps {
    std::array<float, most_exits<N>> worth_of;
    std::array<float, most_exits<N>> skipped;  // probability of a stop while conv part k runs
    std::array<float, most_exits<N>> run;      // probability of a stop while conv part k and branch k run
    float rest;                                // probability of a stop after all conv parts
    float price;                               // of the time until the law's horizon

    EvenSteps(const Problem<N>& problem, double remaining) noexcept
        : price(static_cast<float>(problem.price * remaining)) {
      double sum = 0;
      for (std::size_t k = problem.first; k < problem.exit_count(); ++k) {
        worth_of[k] = as_probability(problem.confidences[k]);
        sum += problem.times.conv[k];
        skipped[k] = static_cast<float>(problem.times.conv[k] / remaining);
        run[k] = static_cast<float>((problem.times.conv[k] + problem.times.branch[k]) / remaining);
      }
      rest = static_cast<float>((remaining - sum) / remaining);
    }
    template <bool Priced, class Mask>
    void step(std::array<State, chunks>& states, const std::array<Mask, chunks>& skips,
              std::size_t k) const noexcept {
      const Vector worth(worth_of[k]), shorter(skipped[k]), longer(run[k]);
      for (std::size_t c = 0; c < chunks; ++c) {
        State& state = states[c];
        const Vector interval = select(skips[c], shorter, longer);
        state.sum = simd::fma(state.before, interval, state.sum);
        state.spent = state.spent + interval;
        state.before = select(skips[c], state.before, worth);
        if constexpr (Priced) state.done = select(skips[c], state.done, state.spent);
      }
    }
    template <bool Priced>
    [[nodiscard]] Vector worth(const State& state) const noexcept {
      const Vector free = simd::fma(state.before, Vector(1.f) - state.spent, state.sum);
      return Priced ? simd::fnma(Vector(price), state.done, free) : free;
    }
  };

  static constexpr bool in_quads = std::same_as<Law, Uniform> && simd::has_lookup<Arch>;
  using Even = std::conditional_t<in_quads, detail::EvenQuads<N, Arch>, EvenSteps>;

  template <bool Priced, class Steps>
  void score(std::span<const ExitPlan<N>> plans, std::span<float> worths, const Steps& steps) const noexcept {
    std::size_t at = 0;
    for (; at + group <= plans.size(); at += group)
      score_group<Priced>(plans.data() + at, worths.data() + at, steps);
    if (at == plans.size()) return;
    std::array<ExitPlan<N>, group> last{};
    std::array<float, group> scores;
    std::copy(plans.begin() + static_cast<std::ptrdiff_t>(at), plans.end(), last.begin());
    score_group<Priced>(last.data(), scores.data(), steps);
    std::copy_n(scores.begin(), plans.size() - at, worths.begin() + static_cast<std::ptrdiff_t>(at));
  }

  template <bool Priced, class Steps>
  void score_group(const ExitPlan<N>* plans, float* worths, const Steps& steps) const noexcept {
    alignas(64) std::int32_t bits[halves][group];
    for (std::size_t i = 0; i < group; ++i)
      for (std::size_t w = 0; w < ExitPlan<N>::words; ++w) {
        bits[2 * w][i] = static_cast<std::int32_t>(plans[i].word(w));
        bits[2 * w + 1][i] = static_cast<std::int32_t>(plans[i].word(w) >> 32);
      }
    if constexpr (in_quads && std::same_as<Steps, Even>)
      return score_quads(bits, worths, steps);
    else
      score_steps<Priced>(bits, worths, steps);
  }

  using GroupBits = std::int32_t[halves][group];

  void score_quads(const GroupBits& bits, float* worths, const Even& quads) const noexcept {
    std::array<typename Even::State, chunks> states;
    states.fill(quads.start());
    const std::size_t n = exit_count();
    for (std::size_t half = problem_.first / 32; 32 * half < n; ++half) {
      const std::size_t begin = (std::max)(problem_.first / 4, 8 * half);
      const std::size_t end = (std::min)((n + 3) / 4, 8 * (half + 1));
      std::array<Bits, chunks> runs;
      for (std::size_t c = 0; c < chunks; ++c)
        runs[c] = Bits::load_aligned(bits[half] + c * W) >> static_cast<std::int32_t>(4 * (begin - 8 * half));
      for (std::size_t q = begin; q < end; ++q)
        for (std::size_t c = 0; c < chunks; ++c) {
          quads.step(states[c], runs[c], q);
          runs[c] = simd::shifted_right<4, Arch>(runs[c]);
        }
    }
    for (std::size_t c = 0; c < chunks; ++c) quads.worth(states[c]).store_unaligned(worths + c * W);
  }

  template <bool Priced, class Steps>
  void score_steps(const GroupBits& bits, float* worths, const Steps& steps) const noexcept {
    std::array<State, chunks> states;
    states.fill({Vector(as_probability(problem_.in_hand)), Vector(0.f), Vector(0.f), Vector(0.f)});
    const std::size_t n = exit_count();
    for (std::size_t k = problem_.first; k < n;) {
      const std::size_t half = k / 32;
      std::array<Bits, chunks> runs;
      for (std::size_t c = 0; c < chunks; ++c) runs[c] = Bits::load_aligned(bits[half] + c * W);
      const std::size_t end = (std::min)(n, 32 * (half + 1));
      for (; k < end; ++k) {
        const Bits bit(bit_of[k % 32]);
        std::array<decltype(simd::float_mask(bit == bit)), chunks> skips;
        for (std::size_t c = 0; c < chunks; ++c) skips[c] = simd::float_mask((runs[c] & bit) == Bits(0));
        steps.template step<Priced>(states, skips, k);
      }
    }
    for (std::size_t c = 0; c < chunks; ++c)
      steps.template worth<Priced>(states[c]).store_unaligned(worths + c * W);
  }

  static constexpr std::array<std::int32_t, 32> bit_of = [] {
    std::array<std::int32_t, 32> bits{};
    for (std::size_t k = 0; k < 32; ++k) bits[k] = static_cast<std::int32_t>(std::uint32_t{1} << k);
    return bits;
  }();

  const Problem<N>& problem_;
  const Law& law_;
  double survival_;  // probability that the stop has not come yet
  double rest_ = 0;  // seconds of all that can still be run
  double error_;
  bool in_lanes_ = false;
  // What all plans share; exactly one of these if plans are scored in lanes.
  std::optional<std::conditional_t<std::same_as<Law, Uniform>, Even, std::monostate>> even_;
  std::optional<std::conditional_t<std::same_as<Law, Uniform>, EvenSteps, std::monostate>> priced_even_;
  std::optional<std::conditional_t<lane_law<Law, Arch>, Steps, std::monostate>> steps_;
};

}  // namespace einet

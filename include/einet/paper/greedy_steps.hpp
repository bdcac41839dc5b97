#pragma once
// A step of the greedy search, in lanes where the law allows: every exit that the plan lacks is a lane, and
// only the outputs after it are visited.

#include <einet/base/lanes.hpp>
#include <einet/paper/batch_expectation.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/plan/lane_law.hpp>
#include <einet/plan/law.hpp>
#include <einet/search/search.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

namespace einet::detail {

template <std::size_t N, stop_law Law, class Arch>
class GreedySteps {
  using Vector = simd::Lanes<float, Arch>;
  static constexpr std::size_t W = Vector::size;
  static constexpr std::size_t room = simd::padded<float, Arch>(most_exits<N>);
  using Row = std::array<float, room>;

 public:
  GreedySteps(const Problem<N>& problem, const Law& law) noexcept
      : problem_(problem), law_(law), batch_(problem, law), survival_(1 - law.cdf(problem.elapsed)) {
    double sum = 0;
    reach_.fill(0);
    branch_.fill(0);
    worth_.fill(0);
    rest_ = problem.rest();
    equal_ = equal_worth * (std::max)(1.0, problem.price * rest_);
    for (std::size_t k = problem.first; k < problem.exit_count(); ++k) worth_[k] = problem.confidences[k];
    if (!(rest_ > 0)) return;
    for (std::size_t k = problem.first; k < problem.exit_count(); ++k) {
      reach_[k] = static_cast<float>((sum += problem.times.conv[k]) / rest_);
      branch_[k] = static_cast<float>(problem.times.branch[k] / rest_);
    }
  }

  /// The best plan with one more exit; among plans of equal worth, the one that precedes.
  /// @pre some exit is not in `plan`
  [[nodiscard]] Found<N> step(const ExitPlan<N>& plan) const noexcept {
    Found<N> best{{}, -std::numeric_limits<double>::infinity()};
    const auto offer_with = [&](std::size_t k) noexcept {
      ExitPlan<N> longer = plan;
      longer.insert(k);
      offer(best, longer, sound_expectation(problem_, longer, law_), equal_);
    };
    if constexpr (lane_law<Law, Arch>) {
      if (batch_.in_lanes()) {
        alignas(64) Row scores;
        score(plan, scores);
        double near_best = -std::numeric_limits<double>::infinity();
        for (std::size_t k = problem_.first; k < problem_.exit_count(); ++k)
          if (!plan.contains(k)) near_best = (std::max)(near_best, static_cast<double>(scores[k]));
        near_best -= 2 * batch_.error() + equal_;
        for (std::size_t k = problem_.first; k < problem_.exit_count(); ++k)
          if (!plan.contains(k) && static_cast<double>(scores[k]) >= near_best) offer_with(k);
        return best;
      }
    }
    for (std::size_t k = problem_.first; k < problem_.exit_count(); ++k)
      if (!plan.contains(k)) offer_with(k);
    return best;
  }

 private:
  /// scores[k] = expectation of the plan with k added, up to batch_.error().
  void score(const ExitPlan<N>& plan, Row& scores) const noexcept {
    const std::size_t n = problem_.exit_count(), padded = simd::padded<float, Arch>(n);
    const auto cdf = law_.template lanes<Arch>(problem_.elapsed, rest_);
    std::array<std::size_t, most_exits<N>> outputs{};  // exits in the plan
    alignas(64) Row ready{};                           // when the output of each is ready
    std::size_t count = 0;
    alignas(64) Row spent, before;              // time of the branches, and worth in hand, before each exit
    std::array<float, most_exits<N> + 1> lost;  // Σ (c − before)·F over the outputs before each output
    float branches = 0;
    float in_hand = problem_.in_hand;
    const std::size_t begin = problem_.first / W * W;
    for (std::size_t k = begin; k < padded; ++k) {
      spent[k] = branches;
      before[k] = in_hand;
      if (k < problem_.first || k >= n || !plan.contains(k)) continue;
      branches += branch_[k];
      in_hand = worth_[k];
      ready[count] = reach_[k] + branches;
      outputs[count++] = k;
    }
    lost[0] = 0;
    for (std::size_t i = 0; i < count; i += W) {
      alignas(64) std::array<float, W> chance;
      cdf(Vector::load_aligned(ready.data() + i)).store_aligned(chance.data());
      for (std::size_t lane = 0; lane < W && i + lane < count; ++lane)
        lost[i + lane + 1] =
            lost[i + lane] + (worth_[outputs[i + lane]] - before[outputs[i + lane]]) * chance[lane];
    }
    const Vector share(static_cast<float>(1 / survival_));
    const Vector gone(static_cast<float>(problem_.in_hand * (1 - survival_)));
    const Vector price(static_cast<float>(problem_.price * rest_));
    std::size_t passed = 0;  // outputs before the current register
    for (std::size_t k = begin; k < n; k += W) {
      while (passed < count && outputs[passed] < k) ++passed;
      alignas(64) Row earlier;
      std::size_t within = passed;
      for (std::size_t lane = 0; lane < W; ++lane) {
        while (within < count && outputs[within] < k + lane) ++within;
        earlier[k + lane] = lost[within];
      }
      const Vector duration = Vector::load_aligned(branch_.data() + k);
      Vector hand = Vector::load_aligned(worth_.data() + k);
      Vector done =
          Vector::load_aligned(reach_.data() + k) + Vector::load_aligned(spent.data() + k) + duration;
      Vector sum = simd::fma(hand - Vector::load_aligned(before.data() + k), cdf(done),
                             Vector::load_aligned(earlier.data() + k));
      alignas(64) std::array<float, W> place;
      for (std::size_t lane = 0; lane < W; ++lane) place[lane] = static_cast<float>(k + lane);
      const Vector at = Vector::load_aligned(place.data());
      for (std::size_t i = passed; i < count; ++i) {
        const auto later = Vector(static_cast<float>(outputs[i])) > at;
        const Vector next = select(later, Vector(worth_[outputs[i]]), hand);
        const Vector delayed = Vector(ready[i]) + duration;
        sum = simd::fma(next - hand, cdf(delayed), sum);
        hand = next;
        if (problem_.price > 0) done = select(later, delayed, done);
      }
      simd::fnma(price, done, (hand - gone - sum) * share).store_aligned(scores.data() + k);
    }
  }

  const Problem<N>& problem_;
  const Law& law_;
  BatchExpectation<N, Law, Arch> batch_;  // says whether lanes can be used, and their error
  double survival_;
  double rest_ = 0;
  double equal_ = equal_worth;              // what worths must differ by, as their charges may be large
  alignas(64) Row reach_, branch_, worth_;  // conv parts up to and including k, and branch k, over `rest_`
};

}  // namespace einet::detail

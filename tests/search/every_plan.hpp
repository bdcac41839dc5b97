#pragma once
// Brute force for large numbers of plans: Algorithm 1 interval by interval over all plans, as in
// reference.hpp, but the common beginnings of plans are computed once. The library sums in another way and is
// not used.

#include "any_law.hpp"

#include <einet/plan/exit_plan.hpp>
#include <einet/plan/problem.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <vector>

namespace einet::test {

/// The worth of every plan of a problem. A plan is a code in which bit k stands for exit first + k.
template <std::size_t N>
class EveryPlan {
  static_assert(N < 20, "2^N plans are computed and kept");

 public:
  template <class Law>
  EveryPlan(const Problem<N>& problem, const Law& law) : EveryPlan(problem, AnyLaw(law)) {}

  EveryPlan(const Problem<N>& problem, const AnyLaw& law)
      : problem_(problem), law_(law), worths_(std::size_t{1} << (N - problem.first)) {
    const double before = law.cdf(problem.elapsed);
    possible_ = 1 - before;
    go_on(problem.first, 0, problem.elapsed, problem.in_hand, before, {});
    best_ = *std::max_element(worths_.begin(), worths_.end());
  }

  [[nodiscard]] double best() const { return best_; }

  [[nodiscard]] double worth(const ExitPlan<N>& plan) const {
    std::size_t code = 0;
    for (std::size_t k = problem_.first; k < N; ++k)
      code |= std::size_t{plan.contains(k)} << (k - problem_.first);
    return worths_[code];
  }

  /// How many plans are within `tolerance` of the best worth.
  [[nodiscard]] std::ptrdiff_t ties(double tolerance) const {
    return std::count_if(worths_.begin(), worths_.end(),
                         [=, this](double worth) { return worth >= best_ - tolerance; });
  }

  /// Among the plans within `tolerance` of the best worth, the one with the fewest exits; among these, the
  /// one whose first difference skips.
  [[nodiscard]] ExitPlan<N> preceding(double tolerance) const {
    std::size_t first = worths_.size();
    for (std::size_t code = 0; code < worths_.size(); ++code)
      if (worths_[code] >= best_ - tolerance && (first == worths_.size() || goes_before(code, first)))
        first = code;
    ExitPlan<N> plan;
    for (std::size_t k = problem_.first; k < N; ++k)
      if (((first >> (k - problem_.first)) & 1U) != 0) plan.insert(k);
    return plan;
  }

 private:
  static bool goes_before(std::size_t a, std::size_t b) {
    const int more = std::popcount(a) - std::popcount(b);
    return more < 0 || (more == 0 && ((a >> std::countr_zero(a ^ b)) & 1U) == 0);
  }

  struct Sums {
    double worth = 0;   ///< of the intervals between outputs
    double passed = 0;  ///< seconds of the conv parts and branches run
    double busy = 0;    ///< of these, until the last output
  };

  void go_on(std::size_t k, std::size_t code, double time, double in_hand, double before, Sums sums) {
    if (k == N) {
      worths_[code] = (possible_ > 0 ? (sums.worth + in_hand * (1 - before)) / possible_ : in_hand) -
                      problem_.price * sums.busy;
      return;
    }
    const double reached = time + problem_.times.conv[k];
    sums.passed += problem_.times.conv[k];
    go_on(k + 1, code, reached, in_hand, before, sums);
    const double ready = reached + problem_.times.branch[k];
    const double now = law_.cdf(ready);
    sums.worth += in_hand * (now - before);
    sums.busy = sums.passed += problem_.times.branch[k];
    go_on(k + 1, code | std::size_t{1} << (k - problem_.first), ready, problem_.confidences[k], now, sums);
  }

  const Problem<N>& problem_;
  AnyLaw law_;
  std::vector<double> worths_;
  double possible_ = 0;
  double best_ = 0;
};

}  // namespace einet::test

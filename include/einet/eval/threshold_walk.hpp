#pragma once
// The strongest simple rival of a price on time: the best static plan, left as soon as an answer is sure
// enough. Needs no predictor and no search.

#include <einet/base/floating.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/problem.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/search/search.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace einet::eval {

/// In the place of a search: plans what is left of `plan` while the answer in hand is worth less than
/// `enough`, and nothing from then on.
template <std::size_t N>
struct ThresholdWalk {
  ExitPlan<N> plan;
  float enough = 0.5f;  ///< above 1: the plan is never left

  template <stop_law Law>
  [[nodiscard]] Found<N> operator()(const Problem<N>& problem, const Law& law) const noexcept {
    const ExitPlan<N> left = as_probability(problem.in_hand) < enough ? plan : ExitPlan<N>{};
    return {left, expectation(problem, left, law), false};
  }
};

/// Thresholds that differ in what they do: quantiles of the confidences at the exits of `plan` and, as the
/// last, one that is never reached. Rising.
/// @param outputs such as the fitting half
/// @param count most of them, >= 2
template <std::size_t N>
[[nodiscard]] std::vector<double> thresholds_along(const ExitPlan<N>& plan,
                                                   const ConfidenceProfile<N>& outputs,
                                                   std::size_t count = 64) {
  std::vector<double> sure;
  for (const auto& row : outputs.confidence)
    for (std::size_t k = 0; k < outputs.exit_count(); ++k)
      if (plan.contains(k)) sure.push_back(static_cast<double>(as_probability(row[k])));
  std::sort(sure.begin(), sure.end());
  std::vector<double> thresholds;
  for (std::size_t i = 0; i + 1 < count && !sure.empty(); ++i)
    thresholds.push_back(sure[i * (sure.size() - 1) / (count - 1)]);
  thresholds.push_back(2);
  thresholds.erase(std::unique(thresholds.begin(), thresholds.end()), thresholds.end());
  return thresholds;
}

}  // namespace einet::eval

#pragma once
// How far the expectation of a plan is from the accuracy of its runs: paper, section VI-C1 and Figure 11.

#include <einet/eval/bootstrap.hpp>
#include <einet/eval/judged.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/predict/calibration.hpp>
#include <einet/predict/prior_predictor.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/run/planner.hpp>
#include <einet/search/fixed_plan.hpp>

#include <cstddef>
#include <vector>

namespace einet::eval {

/// The profile with its confidences calibrated, exit by exit.
template <std::size_t N, std::size_t Knots>
[[nodiscard]] ConfidenceProfile<N> calibrated_profile(ConfidenceProfile<N> profile,
                                                      const Calibration<N, Knots>& calibration) {
  for (auto& row : profile.confidence)
    for (std::size_t k = 0; k < profile.exit_count(); ++k) row[k] = calibration(k, row[k]);
  return profile;
}

/// Means over samples, and expectation minus truth with its interval over the choice of samples.
struct ExpectationGap {
  double expected = 0;
  double truth = 0;
  Interval gap;
};

/// Expectation of `plan` from every sample's own confidences, against the accuracy of runs that follow it.
/// Planning is free.
/// @param law with a horizon, if its kind needs one
template <std::size_t N, stop_law Law>
[[nodiscard]] ExpectationGap expectation_gap(const TimeProfile<N>& times, const ConfidenceProfile<N>& profile,
                                             const ExitPlan<N>& plan, const Law& law) {
  const Planner planner{times, PriorPredictor<N>{profile.accuracy(), profile.counted}, law,
                        FixedPlan<N>{plan}};
  const Replayed truth = replayed(planner, times, profile, law, 0.0);
  std::vector<double> expected;
  for (const auto& confidences : profile.confidence)
    expected.push_back(expectation(Problem<N>{times, confidences}, plan, law));
  const Interval gap = bootstrap_mean(paired_differences(expected, truth.correct));
  return {truth.accuracy + gap.mean, truth.accuracy, gap};
}

}  // namespace einet::eval

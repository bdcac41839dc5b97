#pragma once
// What the compared strategies fit on the fitting half of a profile: the best static plan, and the threshold.

#include <einet/eval/replayed.hpp>
#include <einet/paper/executor.hpp>
#include <einet/paper/threshold.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/predict/prior_predictor.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/run/answer_policy.hpp>
#include <einet/run/observation.hpp>
#include <einet/run/planner.hpp>
#include <einet/search/exact.hpp>

#include <cstddef>

namespace einet::eval {

/// The plan that is best for the average sample: the exact optimum for the mean accuracy of every exit.
/// @param law with a horizon, if its kind needs one
template <std::size_t N, stop_law Law>
[[nodiscard]] ExitPlan<N> best_static_plan(const TimeProfile<N>& times, const ConfidenceProfile<N>& fitting,
                                           const Law& law) {
  return ExactSearch{}(Problem<N>{times, fitting.accuracy()}, law).plan;
}

/// The threshold among 0.01, 0.02, … 1 with which `ThresholdSearch` is most accurate on `fitting`; the lowest
/// of equal ones.
/// @param planning seconds charged for every planning
template <std::size_t N, stop_law Law, task_executor Executor = Serial>
[[nodiscard]] float best_threshold(const TimeProfile<N>& times, const ConfidenceProfile<N>& fitting,
                                   const Law& law, double planning, const Executor& run = {}) {
  float best = 1;
  double accuracy = -1;
  for (int percent = 1; percent <= 100; ++percent) {
    const float enough = static_cast<float>(percent) / 100;
    const Planner planner{times, PriorPredictor<N>{fitting.accuracy(), fitting.counted}, law,
                          ThresholdSearch{enough}};
    const auto found =
        replayed(planner, times, fitting, law, planning, ConfidenceOnly{}, NewestAnswer{}, run).accuracy;
    if (found > accuracy) {
      accuracy = found;
      best = enough;
    }
  }
  return best;
}

}  // namespace einet::eval

#pragma once
// Accuracy against busy time, of one network: what each strategy reaches by its knob.

#include "paper/study.hpp"

#include <einet/einet.hpp>
#include <einet/eval/planning_cost.hpp>
#include <einet/eval/static_plans.hpp>
#include <einet/eval/swept.hpp>
#include <einet/eval/threshold_walk.hpp>
#include <einet/predict/quadratic_predictor.hpp>
#include <einet/profile/fit.hpp>

#include <cstddef>
#include <numeric>
#include <optional>
#include <vector>

namespace paper {

/// Nothing if no exit is ever right on the samples that are fitted to.
/// @param run for the replays
template <std::size_t N, class Law, class Executor>
[[nodiscard]] std::optional<Frontiers> make_frontiers(const einet::TimeProfile<N>& times, const Law& law,
                                                      const einet::ConfidenceProfile<N>& fitting,
                                                      const einet::ConfidenceProfile<N>& judged,
                                                      const Executor& run) {
  namespace eval = einet::eval;
  const einet::QuadraticPredictor<N> predictor{einet::fit_quadratic(fitting)};
  const auto accuracy = fitting.accuracy();
  const einet::PriorPredictor<N> prior{accuracy, times};
  const auto plans = eval::static_hull(times, accuracy, law);
  if (plans.empty()) return std::nullopt;
  const einet::ExitPlan<N> best = plans.back();
  const auto planning = [&](const auto& planner) { return eval::median_planning_seconds(planner, judged); };
  const auto sweep = [&](const auto& planner_of, const std::vector<double>& knobs, double cost) {
    return eval::swept_frontier(planner_of, knobs, times, fitting, judged, law, cost, run);
  };
  const auto priced = [&](double price) { return einet::Planner{times, predictor, law, {.price = price}}; };
  const auto follow = [&](double knob) {
    return einet::Planner{times, prior, law, einet::FixedPlan<N>{plans[static_cast<std::size_t>(knob)]}};
  };
  std::vector<double> which(plans.size());
  std::iota(which.begin(), which.end(), 0.);
  const auto walk = [&](double enough) {
    return einet::Planner{times, prior, law, eval::ThresholdWalk<N>{best, static_cast<float>(enough)}};
  };
  const double last = which.back();
  const double cost = planning(priced(0)), cost_of_follow = planning(follow(last)),
               cost_of_walk = planning(walk(2));

  const double price = eval::fit_price(times, fitting, law, predictor, cost, allowed_loss, run);
  return Frontiers{sweep(priced, eval::usual_prices(times.total()), cost),
                   sweep(follow, which, cost_of_follow),
                   sweep(walk, eval::thresholds_along(best, fitting), cost_of_walk),
                   eval::replayed_point(follow(last), last, times, judged, law, cost_of_follow, run),
                   eval::replayed_point(priced(price), price, times, judged, law, cost, run),
                   cost,
                   cost_of_walk};
}

}  // namespace paper

#pragma once
// A strategy with its knob in many places: which of them are worth having is chosen on the fitting half, what
// they reach is told by the other.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/eval/frontier.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/paper/executor.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/predict/predictor.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/run/answer_policy.hpp>
#include <einet/run/observation.hpp>
#include <einet/run/planner.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace einet::eval {

/// Prices from free to beyond all worth: 0, then rising by a fourth root of 2 at a time.
/// @param total seconds of the time profile; the lowest price takes 1/1,000 for all of them, the highest
/// 1,000
[[nodiscard]] inline std::vector<double> usual_prices(double total) {
  std::vector<double> prices{0};
  for (int step = -40; step <= 40; ++step) prices.push_back(std::exp2(step / 4.) / total);
  return prices;
}

/// Runs every sample of `outputs` under `planner`.
/// @param knob kept with the point
template <std::size_t N, class Planner, stop_law Law, task_executor Executor = Serial>
[[nodiscard]] OperatingPoint replayed_point(const Planner& planner, double knob, const TimeProfile<N>& times,
                                            const ConfidenceProfile<N>& outputs, const Law& law,
                                            double planning, const Executor& run = {}) {
  const auto blocks = replay(times, outputs);
  return operating_point(
      replay_runs(planner, blocks, outputs.label, planning, ConfidenceOnly{}, NewestAnswer{}, run), law,
      knob);
}

/// The points of `reported` at those knobs whose points on `fitting` are corners of their upper convex hull;
/// at the last knob if no run is ever right on `fitting`.
/// @param planner_of planner_of(knob) returns a planner
/// @param knobs at least one
/// @param law with a horizon
/// @param planning seconds charged for every planning
template <std::size_t N, class PlannerOf, stop_law Law, task_executor Executor = Serial>
[[nodiscard]] Frontier swept_frontier(const PlannerOf& planner_of, std::span<const double> knobs,
                                      const TimeProfile<N>& times, const ConfidenceProfile<N>& fitting,
                                      const ConfidenceProfile<N>& reported, const Law& law, double planning,
                                      const Executor& run = {}) {
  std::vector<double> busy, accuracy;
  for (const double knob : knobs) {
    const OperatingPoint point = replayed_point(planner_of(knob), knob, times, fitting, law, planning, run);
    busy.push_back(point.busy);
    accuracy.push_back(point.accuracy);
  }
  std::vector<std::size_t> corners = upper_hull(busy, accuracy);
  if (corners.empty() && !knobs.empty()) corners.push_back(knobs.size() - 1);
  std::vector<OperatingPoint> points;
  for (const std::size_t corner : corners)
    points.push_back(
        replayed_point(planner_of(knobs[corner]), knobs[corner], times, reported, law, planning, run));
  return Frontier(std::move(points));
}

/// The highest price at which planning with `predictor` is at most `loss` less accurate on `fitting` than
/// with time free: the highest of the usual prices, then between it and the next one to a part in 100.
/// @param law with a horizon
/// @param planning seconds charged for every planning
/// @param loss of accuracy, >= 0
/// @throws std::invalid_argument if `loss` is negative or no number
template <std::size_t N, exit_predictor Predictor, stop_law Law, task_executor Executor = Serial>
[[nodiscard]] double fit_price(const TimeProfile<N>& times, const ConfidenceProfile<N>& fitting,
                               const Law& law, const Predictor& predictor, double planning = 0,
                               double loss = .001, const Executor& run = {}) {
  einet::detail::expect(loss >= 0, "fit_price", "loss", loss, "a share >= 0");
  Planner planner{times, predictor, law};
  const auto accuracy = [&](double price) {
    planner.set_price(price);
    return replayed(planner, times, fitting, law, planning, ConfidenceOnly{}, NewestAnswer{}, run).accuracy;
  };
  const double least = accuracy(0) - loss;
  const std::vector<double> prices = usual_prices(times.total());
  std::size_t k = prices.size() - 1;
  while (k > 0 && accuracy(prices[k]) < least) --k;
  if (k == 0 || k + 1 == prices.size()) return prices[k];
  double low = prices[k], high = prices[k + 1];
  while (high > 1.01 * low) {
    const double middle = std::sqrt(low * high);
    (accuracy(middle) < least ? high : low) = middle;
  }
  return low;
}

}  // namespace einet::eval

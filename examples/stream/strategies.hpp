#pragma once
// The strategies that serve a stream, and how each is made the best of its kind for it: by serving a stream
// of the same kind with the fitting half of the profile.

#include "stream/replayed_device.hpp"
#include "stream/scenario.hpp"

#include <einet/eval/fitting.hpp>
#include <einet/eval/stream.hpp>
#include <einet/eval/threshold_walk.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/exponential.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/plan/with_deadline.hpp>
#include <einet/predict/prior_predictor.hpp>
#include <einet/predict/quadratic_predictor.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/fit.hpp>
#include <einet/profile/fit_price_curve.hpp>
#include <einet/run/planner.hpp>
#include <einet/run/price_curve.hpp>
#include <einet/run/stream_scheduler.hpp>
#include <einet/search/exact.hpp>
#include <einet/search/fixed_plan.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace example::stream {

/// A sample's run ends with the next preemption, or when its time is over.
using Law = einet::WithDeadline<einet::Exponential>;

template <std::size_t N>
struct Fitted {
  const einet::TimeProfile<N>* times;
  einet::PriorPredictor<N> prior;
  einet::QuadraticPredictor<N> predictor;
  double first;  ///< seconds of the first exit
};

template <std::size_t N>
[[nodiscard]] Fitted<N> fit(const einet::TimeProfile<N>& times, const einet::ConfidenceProfile<N>& fitting,
                            double first) {
  return {&times, einet::PriorPredictor<N>{fitting.accuracy(), times},
          einet::QuadraticPredictor<N>{einet::fit_quadratic(fitting)}, first};
}

/// What serves streams of one kind.
template <std::size_t N>
struct Contenders {
  Law law;
  einet::PriceCurve curve;
  einet::ExitPlan<N> best;             ///< the static plan
  einet::eval::ThresholdWalk<N> walk;  ///< the threshold
  einet::ExitPlan<N> whole;            ///< the last exit alone
  double whole_seconds;

  static constexpr std::array names{"EINet, time priced", "best static plan", "confidence threshold",
                                    "whole network, late dropped"};

  /// Calls visit(planner, curve, first, begin) with what serve() of a device takes, for each of `names`.
  template <class Visit>
  void visit(const Fitted<N>& fitted, Visit&& visit) const {
    const auto terms = [&](auto& runner, const einet::StreamTurn& turn) {
      runner.set_law(Law{law.law(), einet::Seconds{turn.left}});
      runner.set_price(turn.price);
    };
    visit(einet::Planner{*fitted.times, fitted.predictor, law}, curve, fitted.first, terms);
    visit(follow(fitted, einet::FixedPlan<N>{best}), any_price(fitted), fitted.first, unchanged);
    visit(follow(fitted, walk), any_price(fitted), fitted.first, unchanged);
    visit(follow(fitted, einet::FixedPlan<N>{whole}), any_price(fitted), whole_seconds, unchanged);
  }

  /// Of strategies that know no price: what they take at most.
  [[nodiscard]] static einet::PriceCurve any_price(const Fitted<N>& fitted) {
    const double total = fitted.times->total();
    return einet::PriceCurve{std::array<einet::PriceCurve::Point, 2>{{{0, total}, {1, total}}}};
  }

  static constexpr auto unchanged = [](auto&, const einet::StreamTurn&) {};

  template <class Search>
  [[nodiscard]] static auto follow(const Fitted<N>& fitted, const Search& search) {
    return einet::Planner{*fitted.times, fitted.prior, einet::Uniform{fitted.times->total()}, search};
  }
};

/// The plans that are best for the average sample at some price of time: no others can be best for a stream.
template <std::size_t N>
[[nodiscard]] std::vector<einet::ExitPlan<N>> static_plans(const einet::TimeProfile<N>& times,
                                                           const einet::ConfidenceProfile<N>& fitting,
                                                           const Law& law) {
  std::vector<einet::ExitPlan<N>> plans;
  const auto add = [&](const einet::ExitPlan<N>& plan) {
    if (!plan.empty() && std::ranges::find(plans, plan) == plans.end()) plans.push_back(plan);
  };
  einet::Problem<N> problem{times, fitting.accuracy()};
  for (double price = 0; price < 200; price = price == 0 ? .01 : 1.2 * price) {
    problem.price = price / times.total();
    add(einet::ExactSearch{}(problem, einet::Uniform{times.total()}).plan);
    add(einet::ExactSearch{}(problem, law).plan);
  }
  return plans;
}

/// Fits the strategies to streams like `scene`, which is served by `device` with the fitting half.
template <std::size_t N>
[[nodiscard]] Contenders<N> tune(const Fitted<N>& fitted, const einet::ConfidenceProfile<N>& fitting,
                                 const ReplayedDevice<N>& device, const Scene& scene, double away_every) {
  using Kind = Contenders<N>;
  const einet::TimeProfile<N>& times = *fitted.times;
  const std::size_t last = times.exit_count() - 1;
  const Law law{einet::Exponential{einet::Seconds{away_every}}, einet::Seconds{scene.patience}};
  Kind tuned{law,
             einet::fit_price_curve(einet::Planner{times, fitted.predictor, law}, times, fitting,
                                    ReplayedDevice<N>::planning),
             {},
             {},
             einet::ExitPlan<N>{last},
             times.branch[last]};
  for (std::size_t k = 0; k <= last; ++k) tuned.whole_seconds += times.conv[k];

  const auto accuracy = [&](const auto& search) {
    return einet::eval::score(device.serve(Kind::follow(fitted, search), scene, Kind::any_price(fitted),
                                           fitted.first, Kind::unchanged))
        .accuracy;
  };
  double most = -1;
  for (const auto& plan : static_plans(times, fitting, law))
    if (const double right = accuracy(einet::FixedPlan<N>{plan}); right > most) {
      most = right;
      tuned.best = plan;
    }
  // A threshold may gain by a longer plan than all samples have the time for.
  most = -1;
  for (const auto& plan :
       {tuned.best, einet::eval::best_static_plan(times, fitting, einet::Uniform{times.total()})})
    for (int percent = 10; percent <= 100; percent += 2) {
      const einet::eval::ThresholdWalk<N> walk{plan, static_cast<float>(percent) / 100};
      if (const double right = accuracy(walk); right > most) {
        most = right;
        tuned.walk = walk;
      }
    }
  return tuned;
}

}  // namespace example::stream

#pragma once
// The strategies that the paper compares (section VI-A, "exit plans"), all as planners for the one runner:
// single exit, static plans, confidence threshold, random search, EINet as published, and EINet as it is
// here.

#include <einet/eval/fitting.hpp>
#include <einet/paper/evenly_spread.hpp>
#include <einet/paper/executor.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/paper/random.hpp>
#include <einet/paper/threshold.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/predict/prior_predictor.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/run/planner.hpp>
#include <einet/search/exact.hpp>
#include <einet/search/fixed_plan.hpp>

#include <array>
#include <cstddef>

namespace einet::eval {

/// The strategies, in the order in which they are shown.
enum class Strategy {
  single_exit,     ///< the last exit alone
  static_quarter,  ///< 25 % of the exits, evenly spread
  static_half,
  static_all,
  best_static,  ///< exact search on average accuracy and time
  threshold,    ///< every exit until one is sure enough
  random,       ///< the paper's predictor, the best of random plans
  published,    ///< the paper's predictor and hybrid search
  standard,     ///< the default predictor and exact search
  priced        ///< the same, where the device's time has a price
};

/// Every strategy, in the order of tables.
inline constexpr std::array all_strategies{
    Strategy::single_exit, Strategy::static_quarter, Strategy::static_half, Strategy::static_all,
    Strategy::best_static, Strategy::threshold,      Strategy::random,      Strategy::published,
    Strategy::standard,    Strategy::priced};

/// Its name in tables.
[[nodiscard]] constexpr const char* name_of(Strategy strategy) noexcept {
  switch (strategy) {
    case Strategy::single_exit:
      return "single exit";
    case Strategy::static_quarter:
      return "static 25 %";
    case Strategy::static_half:
      return "static 50 %";
    case Strategy::static_all:
      return "static 100 %";
    case Strategy::best_static:
      return "best static plan";
    case Strategy::threshold:
      return "confidence threshold";
    case Strategy::random:
      return "EINet, random search";
    case Strategy::published:
      return "EINet as published";
    case Strategy::standard:
      return "EINet default";
    case Strategy::priced:
      return "EINet, time priced";
  }
  return "unknown";
}

/// What strategies need of the network, and what they fit on the fitting half.
template <std::size_t N, stop_law Law>
struct FittedStrategies {
  TimeProfile<N> times;
  Law law;
  std::array<float, most_exits<N>> accuracy{};  ///< [N] mean of every exit
  ExitPlan<N> best_static;
  float enough = 1;  ///< threshold of ThresholdSearch
  std::size_t random_plans = 10'000;
  double price = 0;  ///< of a second, in worth, for Strategy::priced; see fit_price
};

/// Fits what needs no training.
/// @param law with a horizon, if its kind needs one
template <std::size_t N, stop_law Law, task_executor Executor = Serial>
[[nodiscard]] FittedStrategies<N, Law> fit_strategies(const TimeProfile<N>& times,
                                                      const ConfidenceProfile<N>& fitting, const Law& law,
                                                      const Executor& run = {}) {
  // The threshold's planner costs so little that fitting charges nothing for it.
  return {times, law, fitting.accuracy(), best_static_plan(times, fitting, law),
          best_threshold(times, fitting, law, 0.0, run)};
}

/// Calls visit(planner) with the planner of a strategy.
/// @param published published() returns the paper's predictor, such as a CsPredictor; it takes long to train,
/// so it is called only for strategies that use it
/// @param standard the default predictor
template <std::size_t N, class Law, class Published, class Standard, class Visit>
void visit_planner(Strategy strategy, const FittedStrategies<N, Law>& fitted, Published&& published,
                   const Standard& standard, Visit&& visit) {
  const std::size_t n = fitted.times.exit_count();
  const auto follow = [&](const ExitPlan<N>& plan) {
    visit(Planner{fitted.times, PriorPredictor<N>{fitted.accuracy, fitted.times}, fitted.law,
                  FixedPlan<N>{plan}});
  };
  switch (strategy) {
    case Strategy::single_exit:
      return follow({n - 1});
    case Strategy::static_quarter:
      return follow(evenly_spread<N>(0.25, fitted.times));
    case Strategy::static_half:
      return follow(evenly_spread<N>(0.5, fitted.times));
    case Strategy::static_all:
      return follow(ExitPlan<N>::all(n));
    case Strategy::best_static:
      return follow(fitted.best_static);
    case Strategy::threshold:
      return visit(Planner{fitted.times, PriorPredictor<N>{fitted.accuracy, fitted.times}, fitted.law,
                           ThresholdSearch{fitted.enough}});
    case Strategy::random:
      return visit(Planner{fitted.times, published(), fitted.law, RandomSearch{fitted.random_plans}});
    case Strategy::published:
      return visit(Planner{fitted.times, published(), fitted.law, HybridSearch{}});
    case Strategy::standard:
      return visit(Planner{fitted.times, standard, fitted.law});
    case Strategy::priced:
      return visit(Planner{fitted.times, standard, fitted.law, {.price = fitted.price}});
  }
}

}  // namespace einet::eval

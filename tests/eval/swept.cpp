#include "catch.hpp"
#include "eval/fixture.hpp"
#include "executors.hpp"
#include "problems.hpp"

#include <einet/einet.hpp>
#include <einet/eval/static_plans.hpp>
#include <einet/eval/swept.hpp>
#include <einet/eval/threshold_walk.hpp>
#include <einet/predict/quadratic_predictor.hpp>
#include <einet/profile/fit.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace einet;
using einet::test::ContainsSubstring;
using einet::test::WithinAbs;
using einet::test::WithinRel;

namespace {

constexpr std::size_t swept_exits = 5;

struct SweptSetting {
  TimeProfile<swept_exits> times;
  ConfidenceProfile<swept_exits> fitting, reported;
  Uniform law{times.total()};

  static SweptSetting make(std::mt19937_64& random) {
    const auto times =
        test::random_problem<swept_exits>(random, test::Confidences::rising, test::Branches::random, false)
            .times;
    const auto fitting = test::random_profile<swept_exits>(random, 400);
    return {times, fitting, test::random_profile<swept_exits>(random, 300)};
  }
};

}  // namespace

TEST_CASE("a frontier of static plans is what the plans are worth on the other half", "[eval][swept]") {
  const std::uint64_t seed = 3;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const SweptSetting on = SweptSetting::make(random);
  const auto plans = eval::static_hull(on.times, on.fitting.accuracy(), on.law);
  std::vector<double> knobs;
  for (std::size_t k = 0; k < plans.size(); ++k) knobs.push_back(static_cast<double>(k));
  const auto planner_of = [&](double knob) {
    return Planner{on.times, PriorPredictor<swept_exits>{on.fitting.accuracy()}, on.law,
                   FixedPlan<swept_exits>{plans[static_cast<std::size_t>(knob)]}};
  };
  const auto found = eval::swept_frontier(planner_of, knobs, on.times, on.fitting, on.reported, on.law, 0);
  REQUIRE(found.points().size() == plans.size());  // all of them are corners
  const Problem<swept_exits> problem{on.times, on.reported.accuracy()};
  for (std::size_t k = 0; k < plans.size(); ++k) {
    CHECK(found.points()[k].knob == static_cast<double>(k));
    CHECK_THAT(found.points()[k].busy, WithinRel(busy_seconds(problem, plans[k]), 1e-12));
    CHECK_THAT(found.points()[k].accuracy, WithinAbs(expectation(problem, plans[k], on.law), 1e-6));
  }
}

TEST_CASE("knobs are chosen on the fitting half and judged on the other", "[eval][swept]") {
  const std::uint64_t seed = 4;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const SweptSetting on = SweptSetting::make(random);
  const auto plan = ExactSearch{}(Problem<swept_exits>{on.times, on.fitting.accuracy()}, on.law).plan;
  const auto knobs = eval::thresholds_along(plan, on.fitting, 20);
  const double planning = .01 * on.times.total();
  const auto planner_of = [&](double knob) {
    return Planner{on.times, PriorPredictor<swept_exits>{on.fitting.accuracy()}, on.law,
                   eval::ThresholdWalk<swept_exits>{plan, static_cast<float>(knob)}};
  };
  const auto found = eval::swept_frontier(planner_of, knobs, on.times, on.fitting, on.reported, on.law,
                                          planning, test::BackwardsTwice{});
  std::vector<double> busy, accuracy;
  for (const double knob : knobs) {
    const auto judged = eval::replayed(planner_of(knob), on.times, on.fitting, on.law, planning);
    busy.push_back(judged.busy);
    accuracy.push_back(judged.accuracy);
  }
  const auto hull = eval::upper_hull(busy, accuracy);
  CHECK(hull.size() < knobs.size());
  REQUIRE(found.points().size() == hull.size());
  for (std::size_t i = 0; i < hull.size(); ++i) {
    const auto& point = found.points()[i];
    CHECK(point.knob == knobs[hull[i]]);
    const auto judged = eval::replayed(planner_of(point.knob), on.times, on.reported, on.law, planning);
    CHECK(point.correct == judged.correct);
    CHECK(point.busy == judged.busy);
    CHECK(point.busy_until_stop == judged.busy_until_stop);
  }
}

TEST_CASE("where no run is ever right, the last knob stands for all", "[eval][swept]") {
  ConfidenceProfile<2> wrong{{{.5f, .5f}, {.9f, .9f}}, {{0, 0}, {0, 0}}, {1, 1}};
  const TimeProfile<2> times{{1, 1}, {.5, .5}};
  const Uniform law{times.total()};
  const auto planner_of = [&](double knob) {
    return Planner{times, PriorPredictor<2>{{.5f, .6f}}, law,
                   eval::ThresholdWalk<2>{ExitPlan<2>::all(), static_cast<float>(knob)}};
  };
  const std::vector<double> knobs{.1, .7, 2};
  const auto found = eval::swept_frontier(planner_of, knobs, times, wrong, wrong, law, 0);
  REQUIRE(found.points().size() == 1);
  CHECK(found.points()[0].knob == 2);
  CHECK(found.accuracy(1) == 0);
  CHECK_THROWS_AS(eval::swept_frontier(planner_of, std::vector<double>{}, times, wrong, wrong, law, 0),
                  std::invalid_argument);
}

TEST_CASE("the fitted price is the highest that costs no more than is allowed", "[eval][swept]") {
  const std::uint64_t seed = 6;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const SweptSetting on = SweptSetting::make(random);
  const QuadraticPredictor<swept_exits> predictor{fit_quadratic(on.fitting)};
  const auto accuracy = [&](double price) {
    const Planner planner{on.times, predictor, on.law, {.price = price}};
    return eval::replayed(planner, on.times, on.fitting, on.law, 0).accuracy;
  };
  for (const double loss : {.001, .01, .1}) {
    CAPTURE(loss);
    const double price = eval::fit_price(on.times, on.fitting, on.law, predictor, 0, loss);
    CHECK(price > 0);
    CHECK(accuracy(price) >= accuracy(0) - loss);
    CHECK(accuracy(1.011 * price) < accuracy(0) - loss);
    for (const double higher : eval::usual_prices(on.times.total()))
      if (higher > price) CHECK(accuracy(higher) < accuracy(0) - loss);
  }
  // Everything may be lost: no price is too high.
  CHECK(eval::fit_price(on.times, on.fitting, on.law, predictor, 0, 1) ==
        eval::usual_prices(on.times.total()).back());
  for (const double bad : {-.1, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_WITH(eval::fit_price(on.times, on.fitting, on.law, predictor, 0, bad),
                      ContainsSubstring("fit_price: loss"));
}

TEST_CASE("the usual prices go from nothing to more than any answer is worth", "[eval][swept]") {
  const auto prices = eval::usual_prices(.02);
  CHECK(prices.front() == 0);
  CHECK(prices[1] * .02 < 1.1e-3);
  CHECK(prices.back() * .02 > 1000);
  for (std::size_t k = 2; k < prices.size(); ++k)
    CHECK_THAT(std::log2(prices[k] / prices[k - 1]), WithinAbs(.25, 1e-12));
}

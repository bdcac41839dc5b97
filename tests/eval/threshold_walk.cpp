#include "catch.hpp"
#include "eval/fixture.hpp"
#include "problems.hpp"

#include <einet/einet.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/eval/threshold_walk.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

using namespace einet;

namespace {

constexpr std::size_t walk_exits = 5;
static_assert(plan_search<eval::ThresholdWalk<walk_exits>, walk_exits, Uniform>);

}  // namespace

TEST_CASE("a walk runs the exits of its plan until one is sure enough", "[eval][threshold_walk]") {
  const std::uint64_t seed = 61;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const auto times =
      test::random_problem<walk_exits>(random, test::Confidences::rising, test::Branches::random, false)
          .times;
  const auto outputs = test::random_profile<walk_exits>(random, 60);
  const ExitPlan<walk_exits> plan{0, 2, 3};
  const Uniform law{times.total()};
  const auto blocks = replay(times, outputs);
  for (const float enough : {0.f, .3f, .45f, .8f, 2.f}) {
    CAPTURE(enough);
    const Planner planner{times, PriorPredictor<walk_exits>{outputs.accuracy()}, law,
                          eval::ThresholdWalk<walk_exits>{plan, enough}};
    const auto runs = eval::replay_runs(planner, blocks, outputs.label, 0.0);
    for (std::size_t s = 0; s < outputs.samples(); ++s) {
      std::vector<std::size_t> wanted, ran;
      float in_hand = 0;
      for (const std::size_t k : {0U, 2U, 3U}) {
        if (!(in_hand < enough)) break;
        wanted.push_back(k);
        in_hand = outputs.confidence[s][k];
      }
      for (const auto& answer : runs[s]) ran.push_back(answer.exit);
      CHECK(ran == wanted);
    }
  }
}

TEST_CASE("the worth of a walk is the expectation of what is left of its plan", "[eval][threshold_walk]") {
  const TimeProfile<3> times{{1, 1, 1}, {.1, .1, .1}};
  const Uniform law{times.total()};
  Problem<3> problem{times, {.5f, .6f, .9f}};
  problem.first = 1;
  problem.elapsed = 1.1;
  problem.in_hand = .4f;
  const ExitPlan<3> plan{0, 2};
  const auto on = eval::ThresholdWalk<3>{plan, .41f}(problem, law);
  CHECK(on.plan == plan);
  CHECK(on.worth == expectation(problem, plan, law));
  CHECK_FALSE(on.optimal);
  const auto off = eval::ThresholdWalk<3>{plan, .4f}(problem, law);
  CHECK(off.plan.empty());
  CHECK(off.worth == expectation(problem, ExitPlan<3>{}, law));
}

TEST_CASE("thresholds are quantiles of the confidences along the plan, and one that none reaches",
          "[eval][threshold_walk]") {
  ConfidenceProfile<3> outputs;
  for (int s = 0; s < 50; ++s) {
    outputs.confidence.push_back(
        {static_cast<float>(s) / 100, 1, static_cast<float>(99 - s) / 100});  // 0 to .49, and .5 to .99
    outputs.predicted.push_back({0, 0, 0});
    outputs.label.push_back(0);
  }
  const auto found = eval::thresholds_along(ExitPlan<3>{0, 2}, outputs, 10);
  REQUIRE(found.size() == 10);
  CHECK(std::is_sorted(found.begin(), found.end()));
  for (std::size_t i = 0; i < 9; ++i)
    CHECK_THAT(found[i], test::WithinAbs(static_cast<double>(i * 99 / 9) / 100, 1e-6));
  CHECK(found.back() == 2);
  // Where all are sure, one of each.
  CHECK(eval::thresholds_along(ExitPlan<3>{1}, outputs) == std::vector<double>{1, 2});
  CHECK(eval::thresholds_along(ExitPlan<3>{}, outputs) == std::vector<double>{2});
}

#include "catch.hpp"
#include "eval/fixture.hpp"
#include "problems.hpp"

#include <einet/einet.hpp>
#include <einet/eval/fitting.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/paper/threshold.hpp>

#include <random>

using namespace einet;

TEST_CASE("the best static plan is worth its accuracy under the law and more than any other",
          "[eval][fitting]") {
  std::mt19937_64 random(32);
  const auto problem =
      test::random_problem<8>(random, test::Confidences::rising, test::Branches::random, false);
  const auto outputs = test::random_profile<8>(random, 300);
  const Uniform law{problem.times.total()};
  const auto accuracy_of = [&](const ExitPlan<8>& plan) {
    const Planner planner{problem.times, PriorPredictor<8>{outputs.accuracy()}, law, FixedPlan<8>{plan}};
    return eval::replayed(planner, problem.times, outputs, law, 0.0).accuracy;
  };
  const ExitPlan<8> best = eval::best_static_plan(problem.times, outputs, law);
  for (unsigned code = 0; code < 256; ++code) {
    ExitPlan<8> plan;
    for (std::size_t k = 0; k < 8; ++k)
      if (((code >> k) & 1U) != 0) plan.insert(k);
    CHECK(accuracy_of(plan) <= accuracy_of(best) + 1e-7);
  }
}

TEST_CASE("the fitted threshold is as accurate as any on the fitting half", "[eval][fitting]") {
  std::mt19937_64 random(33);
  const auto problem =
      test::random_problem<5>(random, test::Confidences::rising, test::Branches::random, false);
  const auto outputs = test::random_profile<5>(random, 100);
  const Uniform law{problem.times.total()};
  const auto accuracy_of = [&](float enough) {
    const Planner planner{problem.times, PriorPredictor<5>{outputs.accuracy()}, law, ThresholdSearch{enough}};
    return eval::replayed(planner, problem.times, outputs, law, 0.0).accuracy;
  };
  const float best = eval::best_threshold(problem.times, outputs, law, 0.0);
  for (const float other : {0.1f, 0.3f, 0.5f, 0.7f, 0.9f})
    CHECK(accuracy_of(other) <= accuracy_of(best) + 1e-12);
}

TEST_CASE("of thresholds that do equally well, the lowest is fitted", "[eval][fitting]") {
  // The first exit has confidence .9 and is right, the second 1 and is wrong: holding after the first is
  // best.
  ConfidenceProfile<2> outputs;
  outputs.confidence = {{.9f, 1.f}};
  outputs.predicted = {{1, 0}};
  outputs.label = {1};
  const TimeProfile<2> times{{1, 1}, {0, 0}};
  CHECK(eval::best_threshold(times, outputs, PointMass{5}, 0.0) == .01f);
  // The other way round it is best to wait, from the first threshold above .9 on.
  outputs.predicted = {{0, 1}};
  CHECK(eval::best_threshold(times, outputs, PointMass{5}, 0.0) == .91f);
  outputs.confidence = {{.901f, 1.f}};
  CHECK(eval::best_threshold(times, outputs, PointMass{5}, 0.0) == .91f);
}

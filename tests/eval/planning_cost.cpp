#include "catch.hpp"
#include "eval/fixture.hpp"

#include <einet/einet.hpp>
#include <einet/eval/planning_cost.hpp>

#include <random>

using namespace einet;

TEST_CASE("planning costs something where there is a plan, nothing where there is none",
          "[eval][planning_cost]") {
  std::mt19937_64 random(51);
  const auto outputs = test::random_profile<4>(random, 20);
  const TimeProfile<4> times{{1, 1, 1, 1}, {0.1, 0.1, 0.1, 0.1}};
  const PriorPredictor<4> prior{outputs.accuracy()};
  CHECK(eval::median_planning_seconds(Planner{times, prior}, outputs) > 0);
  CHECK(eval::median_planning_seconds(Planner{times, prior, FixedPlan<4>{}}, outputs) == 0);
}

#include "catch.hpp"

#include <einet/paper/threshold.hpp>
#include <einet/plan/uniform.hpp>

using namespace einet;

static_assert(plan_search<ThresholdSearch, 5, Uniform>);

TEST_CASE("the threshold runs every branch until one is sure enough", "[search][threshold]") {
  Problem<3> problem{{{1, 1, 1}, {1, 1, 1}}, {0.5f, 0.7f, 0.9f}, 0.59f, 1, 2.0};
  CHECK(ThresholdSearch{0.6f}(problem, Uniform{6}).plan == ExitPlan<3>{1, 2});
  problem.in_hand = 0.6f;
  CHECK(ThresholdSearch{0.6f}(problem, Uniform{6}).plan.empty());
}

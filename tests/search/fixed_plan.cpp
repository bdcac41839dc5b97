#include "catch.hpp"

#include <einet/plan/uniform.hpp>
#include <einet/search/fixed_plan.hpp>

using namespace einet;

static_assert(plan_search<FixedPlan<5>, 5, Uniform>);

TEST_CASE("a fixed plan stays, and its worth is given", "[search][fixed_plan]") {
  const Problem<3> problem{{{1, 1, 1}, {1, 1, 1}}, {0.5f, 0.7f, 0.9f}, 0.f, 1, 2.0};
  const Found<3> found = FixedPlan<3>{{0, 2}}(problem, Uniform{6});
  CHECK(found.plan == ExitPlan<3>{0, 2});
  CHECK(found.worth == expectation(problem, ExitPlan<3>{2}, Uniform{6}));
}

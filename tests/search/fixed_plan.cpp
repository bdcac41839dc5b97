#include "catch.hpp"

#include <einet/plan/uniform.hpp>
#include <einet/search/fixed_plan.hpp>

#include <cmath>
#include <stdexcept>
#include <string>

using namespace einet;

static_assert(plan_search<FixedPlan<5>, 5, Uniform>);

TEST_CASE("static plans spread over the exits and end with the last", "[search][fixed_plan]") {
  // m = max(1, round(p·n)) exits at ceil((i+1)·n/m) − 1, by hand.
  CHECK(to_string(evenly_spread<14>(1.0)) == std::string(14, '1'));
  CHECK(to_string(evenly_spread<14>(0.5)) == "01010101010101");
  CHECK(to_string(evenly_spread<14>(0.25)) == "00010010001001");  // m = 4: 3.5, 7, 10.5, 14
  CHECK(to_string(evenly_spread<3>(0.0)) == "001");
  CHECK(to_string(evenly_spread<1>(0.25)) == "1");
}

TEST_CASE("a share of the exits that is none is refused", "[search][fixed_plan]") {
  for (const double share : {-0.5, 1.5, static_cast<double>(NAN), HUGE_VAL})
    CHECK_THROWS_AS(evenly_spread<5>(share), std::invalid_argument);
  CHECK_THROWS_WITH(evenly_spread<5>(1.5),
                    "evenly_spread: share is 1.5, expected a share of the exits in [0, 1]");
}

TEST_CASE("a fixed plan stays and tells what it is worth", "[search][fixed_plan]") {
  const Problem<3> problem{{{1, 1, 1}, {1, 1, 1}}, {0.5f, 0.7f, 0.9f}, 0.f, 1, 2.0};
  const Found<3> found = FixedPlan<3>{{0, 2}}(problem, Uniform{6});
  CHECK(found.plan == ExitPlan<3>{0, 2});
  CHECK(found.worth == expectation(problem, ExitPlan<3>{2}, Uniform{6}));
}

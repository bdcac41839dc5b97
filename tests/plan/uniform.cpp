#include "catch.hpp"

#include <einet/plan/uniform.hpp>

#include <chrono>
#include <limits>
#include <stdexcept>

using einet::Uniform;
using einet::test::ContainsSubstring;

static_assert(Uniform{4.0}.over(2.0).cdf(1) == 0.25);
static_assert(Uniform{std::chrono::milliseconds(250)}.horizon() == 0.25);

TEST_CASE("the uniform law rises evenly from 0 to 1 over its horizon", "[plan][law]") {
  const Uniform law{4.0};
  CHECK(law.cdf(-1) == 0);
  CHECK(law.cdf(0) == 0);
  CHECK(law.cdf(1) == 0.25);
  CHECK(law.cdf(4) == 1);
  CHECK(law.cdf(9) == 1);
}

TEST_CASE("a horizon that is not finite and positive is refused", "[plan][law]") {
  for (const double bad :
       {0.0, -1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_AS(Uniform{bad}, std::invalid_argument);
  CHECK_THROWS_WITH(Uniform{-1e-9},
                    ContainsSubstring("Uniform: horizon is -1e-09, expected finite seconds > 0"));
  CHECK_THROWS_WITH(Uniform{}.over(0), ContainsSubstring("horizon is 0"));
}

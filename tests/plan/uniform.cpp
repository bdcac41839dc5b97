#include "catch.hpp"

#include <einet/plan/uniform.hpp>

#include <limits>
#include <stdexcept>

using einet::Uniform;

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
}

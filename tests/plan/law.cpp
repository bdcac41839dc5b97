#include "catch.hpp"

#include <einet/plan/law.hpp>

#include <limits>
#include <stdexcept>

using einet::Uniform;

namespace {

struct NotALaw {
  double cdf(double) const { return 0; }  // may throw
};
struct Deadline {
  double at;
  double cdf(double seconds) const noexcept { return seconds > at ? 1 : 0; }
};

}  // namespace

static_assert(einet::exit_time_law<Uniform>);
static_assert(einet::exit_time_law<Deadline>);
static_assert(!einet::exit_time_law<NotALaw>);
static_assert(!einet::exit_time_law<int>);

TEST_CASE("the uniform law rises evenly from 0 to 1 over its horizon", "[plan][law]") {
  const Uniform law{4.0};
  CHECK(law.cdf(-1) == 0);
  CHECK(law.cdf(0) == 0);
  CHECK(law.cdf(1) == 0.25);
  CHECK(law.cdf(4) == 1);
  CHECK(law.cdf(9) == 1);
}

TEST_CASE("a law without a horizon takes that of the profile, others keep theirs", "[plan][law]") {
  CHECK(einet::over(Uniform{}, 3.0).horizon() == 3.0);
  CHECK(einet::over(Uniform{5.0}, 3.0).horizon() == 5.0);
  CHECK(einet::over(Deadline{2.0}, 3.0).at == 2.0);
}

TEST_CASE("a horizon that is not finite and positive is refused", "[plan][law]") {
  for (const double bad :
       {0.0, -1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_AS(Uniform{bad}, std::invalid_argument);
}

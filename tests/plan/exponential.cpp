#include "catch.hpp"

#include <einet/plan/exponential.hpp>
#include <einet/plan/law.hpp>

#include <chrono>
#include <cmath>
#include <limits>

using namespace einet;
using namespace einet::test;

static_assert(stop_law<Exponential>);

TEST_CASE("half the stops of an exponential law come by its mean times ln 2", "[plan][exponential]") {
  CHECK_THAT(Exponential{4}.cdf(4 * std::log(2.)), WithinAbs(.5, 1e-12));
  CHECK(Exponential{4}.cdf(0) == 0);
  CHECK(Exponential{4}.cdf(-1) == 0);
  CHECK_THAT(Exponential{4}.cdf(1e-12), WithinRel(2.5e-13, 1e-9));  // where 1 - exp(-x) has lost its digits
  CHECK(Exponential{4}.cdf(1e9) == 1);
  CHECK(Exponential{std::chrono::milliseconds(20)}.mean() == .02);
}

TEST_CASE("an exponential stop is as far away in mid-run as at the start", "[plan][exponential]") {
  const Exponential law{3};
  for (const double passed : {.1, 1., 7.})
    CHECK_THAT((law.cdf(passed + 2) - law.cdf(passed)) / (1 - law.cdf(passed)), WithinAbs(law.cdf(2), 1e-12));
}

TEST_CASE("an invalid mean of an exponential law is refused", "[plan][exponential]") {
  for (const double mean : {0., -1., std::numeric_limits<double>::infinity(), std::nan("")})
    CHECK_THROWS_WITH(Exponential{mean}, ContainsSubstring("Exponential: mean is "));
}

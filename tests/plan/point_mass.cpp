#include "catch.hpp"

#include <einet/plan/point_mass.hpp>

#include <chrono>
#include <cmath>
#include <limits>

using namespace einet;
using namespace einet::test;

TEST_CASE("an output that is ready exactly at the deadline is in time", "[plan][point_mass]") {
  CHECK(PointMass{2}.cdf(2) == 0);
  CHECK(PointMass{2}.cdf(std::nextafter(2.0, 3.0)) == 1);
}

TEST_CASE("a deadline is a number of seconds or a duration", "[plan][point_mass]") {
  CHECK(PointMass{std::chrono::milliseconds(20)}.deadline() == PointMass{.02}.deadline());
}

TEST_CASE("an invalid deadline is refused", "[plan][point_mass]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(PointMass{nan}, ContainsSubstring("deadline"));
  CHECK_THROWS_WITH(PointMass{-1e-9},
                    ContainsSubstring("PointMass: deadline is -1e-09, expected finite seconds >= 0"));
}

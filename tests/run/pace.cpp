#include "catch.hpp"

#include <einet/run/pace.hpp>

#include <limits>

using namespace einet;
using einet::test::WithinAbs;

TEST_CASE("the pace of a run that keeps its profile is exactly 1", "[run][pace]") {
  Pace pace{0.1};
  for (int part = 0; part < 100; ++part) pace.observe(0.3, 0.3 * (part % 2 == 0 ? 1.0005 : 0.9995));
  CHECK(pace.factor() == 1);
}

TEST_CASE("the pace follows a step, the faster the longer the parts", "[run][pace]") {
  Pace pace{0.1};
  pace.observe(0.1, 0.2);  // as long as its memory: half of the way
  CHECK_THAT(pace.factor(), WithinAbs(1.5, 1e-12));
  pace.observe(0.1, 0.2);
  CHECK_THAT(pace.factor(), WithinAbs(1.75, 1e-12));
  pace.observe(1e-4, 2e-4);
  CHECK(pace.factor() < 1.7503);
  pace.observe(1e6, 2e6);
  CHECK_THAT(pace.factor(), WithinAbs(2, 1e-6));
  pace.observe(0.1, 0.05);
  CHECK_THAT(pace.factor(), WithinAbs(1.25, 1e-6));
  pace.reset();
  CHECK(pace.factor() == 1);
}

TEST_CASE("an outlier counts no more than a slow stretch", "[run][pace]") {
  Pace pace{0.1};
  pace.observe(0.01, 100);
  CHECK(pace.factor() < 1 + (Pace::most_step - 1) * 0.1);
  for (int part = 0; part < 100; ++part) pace.observe(0.01, 0.01);
  CHECK(pace.factor() == 1);
}

TEST_CASE("invalid times leave the pace alone", "[run][pace]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  Pace pace{0.1};
  pace.observe(0, 1);
  pace.observe(-1, 1);
  pace.observe(nan, 1);
  pace.observe(1, nan);
  pace.observe(1, infinity);
  pace.observe(infinity, 1);
  pace.observe(1, -1);
  CHECK(pace.factor() == 1);
  for (int part = 0; part < 1000; ++part) pace.observe(1, 0);  // a clock that stands still
  CHECK(pace.factor() > 0);
  for (int part = 0; part < 1000; ++part) pace.observe(1e-300, 1e300);
  CHECK(pace.factor() < infinity);
}

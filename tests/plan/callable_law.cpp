#include "catch.hpp"

#include <einet/plan/callable_law.hpp>
#include <einet/plan/law.hpp>

#include <cmath>
#include <functional>

using namespace einet;
using namespace einet::test;

TEST_CASE("any function is a law, cut to [0, 1]", "[plan][callable_law]") {
  const CallableLaw steep{[](double t) { return 2 * t - 0.5; }};
  static_assert(stop_law<std::remove_cvref_t<decltype(steep)>>);
  CHECK(steep.cdf(-1) == 0);
  CHECK(steep.cdf(0.125) == 0);
  CHECK(steep.cdf(0.5) == 0.5);
  CHECK(steep.cdf(3) == 1);
  CHECK(CallableLaw{[](double) { return std::nan(""); }}.cdf(1) == 0);
}

TEST_CASE("laws of lambdas with captures and of std::function can be assigned", "[plan][callable_law]") {
  double scale = 0.25;
  const auto make = [](double by) { return CallableLaw{[by](double t) { return by * t; }}; };
  auto law = make(scale);
  law = make(0.5);
  CHECK(law.cdf(1) == 0.5);
  CallableLaw<std::function<double(double)>> dynamic{[](double t) { return t; }};
  dynamic = CallableLaw<std::function<double(double)>>{[](double t) { return t / 2; }};
  CHECK(dynamic.cdf(1) == 0.5);
}

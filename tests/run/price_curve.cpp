#include "catch.hpp"

#include <einet/run/price_curve.hpp>

#include <array>
#include <cmath>
#include <vector>

using namespace einet;
using namespace einet::test;

namespace {

const std::array<PriceCurve::Point, 3> falling{{{0, 4}, {2, 3}, {10, 1}}};

}  // namespace

TEST_CASE("between two points a price curve is a line", "[run][price_curve]") {
  const PriceCurve curve{falling};
  CHECK(curve.most() == 4);
  CHECK(curve.least() == 1);
  CHECK(curve.price(4) == 0);
  CHECK(curve.price(3.5) == 1);
  CHECK(curve.price(3) == 2);
  CHECK(curve.price(2) == 6);
  for (const auto& [price, busy] : {std::pair{0., 4.}, {1., 3.5}, {2., 3.}, {6., 2.}, {10., 1.}, {99., 1.}})
    CHECK(curve.busy(price) == busy);
}

TEST_CASE("what no price reaches gets the nearest", "[run][price_curve]") {
  const PriceCurve curve{falling};
  CHECK(curve.price(5) == 0);
  CHECK(curve.price(HUGE_VAL) == 0);
  CHECK(curve.price(.5) == 10);
  CHECK(curve.price(0) == 10);
  CHECK(curve.price(-1) == 10);
  CHECK(curve.price(std::nan("")) == 0);
}

TEST_CASE("noise in a price curve is levelled, and a flat stretch has its lowest price",
          "[run][price_curve]") {
  const std::array<PriceCurve::Point, 4> noisy{{{0, 4}, {1, 3}, {2, 3.5}, {3, 2}}};
  const PriceCurve curve{noisy};
  CHECK(curve.busy(1.5) == 3);
  CHECK(curve.price(3) == 1);
  CHECK(curve.price(2.5) == 2.5);
}

TEST_CASE("points that are no price curve are refused", "[run][price_curve]") {
  const auto refuse = [](std::vector<PriceCurve::Point> points, const char* what) {
    CHECK_THROWS_WITH(PriceCurve{points}, ContainsSubstring(what));
  };
  refuse({{0, 4}}, "number of points is 1");
  refuse(std::vector<PriceCurve::Point>(33, {0, 1}), "number of points is 33");
  refuse({{.5, 4}, {1, 3}}, "price[0]");
  refuse({{0, 4}, {1, 3}, {1, 2}}, "price[2]");
  refuse({{0, 4}, {HUGE_VAL, 3}}, "price[1]");
  refuse({{0, 4}, {1, 0}}, "busy[1]");
  refuse({{0, std::nan("")}, {1, 1}}, "busy[0]");
}

#include "catch.hpp"
#include "support.hpp"

#include <einet/predict/isotonic.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace {

using einet::fit_isotonic;
using einet::KnotTable;
using einet::test::ContainsSubstring;
using einet::test::WithinAbs;

/// The solution as a formula: f(i) is the largest over a <= i of the smallest over b >= i of the mean of
/// a..b.
std::vector<double> by_max_min(const std::vector<double>& y, const std::vector<double>& w) {
  std::vector<double> fitted(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    double largest = -1e300;
    for (std::size_t a = 0; a <= i; ++a) {
      double smallest = 1e300, sum = 0, weight = 0;
      for (std::size_t b = a; b < y.size(); ++b) {
        sum += w[b] * y[b];
        weight += w[b];
        if (b >= i) smallest = std::min(smallest, sum / weight);
      }
      largest = std::max(largest, smallest);
    }
    fitted[i] = largest;
  }
  return fitted;
}

TEST_CASE("pooling adjacent violators equals the max-min formula", "[predict][isotonic]") {
  const unsigned seed = 71;
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> share(0, 1);
  for (std::size_t round = einet::test::cases(300); round > 0; --round) {
    std::vector<double> values(random() % 20), weights(values.size());
    for (double& value : values) value = round % 2 == 0 ? share(random) : std::round(4 * share(random));
    for (double& weight : weights) weight = .01 + share(random);
    const auto expected = by_max_min(values, weights);
    einet::pool_adjacent_violators(values, weights);
    for (std::size_t i = 0; i < values.size(); ++i) REQUIRE_THAT(values[i], WithinAbs(expected[i], 1e-12));
  }
}

TEST_CASE("pools without weight give way", "[predict][isotonic]") {
  std::vector<double> values{.75, .25, .5}, weights{0, 1, 1};
  einet::pool_adjacent_violators(values, weights);
  CHECK(values == std::vector<double>{.25, .25, .5});
  values = {.75, .25};
  weights = {0, 0};
  einet::pool_adjacent_violators(values, weights);
  CHECK(values == std::vector<double>{.5, .5});
}

TEST_CASE("a knot table is linear between its knots and takes any float", "[predict][isotonic]") {
  const KnotTable<3> table{{.25f, .5f, 1.f}};
  CHECK(table(0.f) == .25f);
  CHECK(table(.25f) == .375f);
  CHECK(table(.5f) == .5f);
  CHECK(table(.75f) == .75f);
  CHECK(table(1.f) == 1.f);
  CHECK(table(-2.f) == .25f);
  CHECK(table(9.f) == 1.f);
  CHECK(table(std::numeric_limits<float>::quiet_NaN()) == .25f);
}

TEST_CASE("the tabulated fit is monotone and finds the function that the samples are drawn from",
          "[predict][isotonic]") {
  const unsigned seed = 72;
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> share(0.f, 1.f);
  std::vector<float> x(40000), y(x.size());
  for (std::size_t s = 0; s < x.size(); ++s) {
    x[s] = share(random);
    y[s] = share(random) < x[s] * x[s] ? 1.f : 0.f;
  }
  const auto table = fit_isotonic<17>(x, y);
  CHECK(std::is_sorted(table.values.begin(), table.values.end()));
  for (float at = 0.f; at <= 1.f; at += .05f)
    CHECK_THAT(static_cast<double>(table(at)), WithinAbs(static_cast<double>(at * at), .04));
}

TEST_CASE("knots without nearby samples lie on the line between those that have some",
          "[predict][isotonic]") {
  const std::vector<float> x{.25f, .75f, .75f}, y{.5f, .5f, 1.f};
  const auto table = fit_isotonic<5>(x, y);
  CHECK(table.values == std::array<float, 5>{.5f, .5f, .625f, .75f, .75f});
}

TEST_CASE("an isotonic fit without samples, or with incomplete ones, is refused", "[predict][isotonic]") {
  const std::vector<float> some{.5f, .25f}, one{1.f};
  CHECK_THROWS_AS(fit_isotonic<5>({}, {}), std::invalid_argument);
  CHECK_THROWS_AS(fit_isotonic<5>(some, one), std::invalid_argument);
}

TEST_CASE("an isotonic fit names the number that is not a probability, and forgives rounding",
          "[predict][isotonic]") {
  const std::vector<float> sound{.25f, .5f};
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), HUGE_VALF, -HUGE_VALF, 1.01f, -.5f}) {
    CAPTURE(bad);
    const std::vector<float> spoilt{.25f, bad};
    CHECK_THROWS_WITH(fit_isotonic<5>(spoilt, sound), ContainsSubstring("fit_isotonic: x[1] is "));
    CHECK_THROWS_WITH(fit_isotonic<5>(sound, spoilt), ContainsSubstring("fit_isotonic: y[1] is "));
  }
  const std::vector<float> beyond{-1e-7f, std::nextafter(1.f, 2.f)}, ends{0.f, 1.f};
  CHECK(fit_isotonic<5>(beyond, beyond) == fit_isotonic<5>(ends, ends));
}

}  // namespace

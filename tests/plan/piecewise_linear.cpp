#include "catch.hpp"

#include <einet/plan/mixture.hpp>
#include <einet/plan/piecewise_linear.hpp>
#include <einet/plan/truncated_gaussian.hpp>
#include <einet/plan/uniform.hpp>

#include <array>
#include <chrono>
#include <limits>
#include <span>
#include <stdexcept>
#include <type_traits>

using namespace einet;
using namespace einet::test;

// Bins alone are shares of a horizon, which of_horizon says.
static_assert(!std::is_constructible_v<PiecewiseLinear, std::array<double, 2>>);

TEST_CASE("a histogram is the law computed by hand", "[plan][piecewise_linear]") {
  const PiecewiseLinear law{std::array<double, 4>{1, 0, 2, 1}, 8.0, 1};
  CHECK_THAT(law.cdf(1), WithinAbs(0.1, 1e-12));
  CHECK_THAT(law.cdf(3), WithinAbs(0.2, 1e-12));
  CHECK_THAT(law.cdf(6), WithinAbs(0.6, 1e-12));
  CHECK_THAT(law.cdf(100), WithinAbs(0.8, 1e-12));  // the rest runs to the end
  CHECK(PiecewiseLinear{std::array<double, 3>{.1, .2, .7}, 1.0}.cdf(1) == 1);
}

TEST_CASE("a table of a smooth law differs little from it", "[plan][piecewise_linear]") {
  const auto law = TruncatedGaussian::of_horizon(0.5, 0.25).over(2.0);
  const PiecewiseLinear table = tabulated(law, 2.0);
  for (double t = 0; t < 2.5; t += 0.001) CHECK_THAT(table.cdf(t), WithinAbs(law.cdf(t), 1e-6));
  CHECK_THAT(tabulated(Mixture{std::array<double, 1>{0.5}, Uniform{1}}, 4.0).cdf(9), WithinAbs(0.5, 1e-12));
}

TEST_CASE("a histogram without a horizon takes that of the profile", "[plan][piecewise_linear]") {
  const auto shares = PiecewiseLinear::of_horizon(std::array<double, 2>{1, 3}, 4);
  CHECK(shares.horizon() == 0);
  CHECK(einet::over(shares, 4.0).cdf(2) == 0.125);
  CHECK(einet::over(shares, 4.0).horizon() == 4);
  CHECK(einet::over(PiecewiseLinear{std::array<double, 2>{1, 3}, 8.0}, 4.0).horizon() == 8.0);
  CHECK(PiecewiseLinear{std::array<double, 2>{1, 3}, std::chrono::minutes(1)}.horizon() == 60);
  CHECK(tabulated(Uniform{1}, std::chrono::milliseconds(500)).horizon() == 0.5);
}

TEST_CASE("a histogram that is not a law is refused by argument", "[plan][piecewise_linear]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH((PiecewiseLinear{std::array<double, 2>{0, 0}, 1}), ContainsSubstring("sum"));
  CHECK_THROWS_WITH((PiecewiseLinear{std::array<double, 2>{1, -1}, 1}), ContainsSubstring("weights"));
  CHECK_THROWS_WITH((PiecewiseLinear{std::array<double, 2>{1, infinity}, 1}), ContainsSubstring("weights"));
  CHECK_THROWS_WITH((PiecewiseLinear{std::array<double, 2>{1, 1}, nan}), ContainsSubstring("horizon"));
  CHECK_THROWS_WITH((PiecewiseLinear{std::array<double, 2>{1, 1}, 0}),
                    ContainsSubstring("PiecewiseLinear: horizon is 0, expected finite seconds > 0"));
  CHECK_THROWS_WITH(PiecewiseLinear::of_horizon(std::array<double, 2>{1, 1}).over(0),
                    ContainsSubstring("horizon is 0"));
  CHECK_THROWS_WITH((PiecewiseLinear{std::array<double, 2>{1, 1}, 1, nan}), ContainsSubstring("beyond"));
  CHECK_THROWS_AS((PiecewiseLinear{std::span<const double>{}, 1}), std::invalid_argument);
}

TEST_CASE("a table of an invalid law, or with more bins than memory holds, is refused by argument",
          "[plan][piecewise_linear]") {
  struct Odd {
    double at_end;
    double cdf(double seconds) const noexcept { return seconds < 1 ? 0 : at_end; }
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double bad : {nan, -.5, 1.5, std::numeric_limits<double>::infinity()})
    CHECK_THROWS_WITH(tabulated(Odd{bad}, 1.0, 4), ContainsSubstring("tabulated: cdf[4] is "));
  for (const double bad : {nan, 0.0, -1e-9, std::numeric_limits<double>::infinity()})
    CHECK_THROWS_WITH(tabulated(Uniform{1}, bad), ContainsSubstring("tabulated: horizon is "));
  CHECK_THROWS_WITH(tabulated(Uniform{1}, 1.0, 0), ContainsSubstring("tabulated: bins is 0"));
  CHECK_THROWS_WITH(tabulated(Uniform{1}, 1.0, static_cast<std::size_t>(-1)),
                    ContainsSubstring("tabulated: bins is"));
  CHECK_THROWS_WITH(
      PiecewiseLinear::of_horizon(std::array<double, 3>{1, 1, -1e-9}),
      ContainsSubstring("PiecewiseLinear: weights[2] is -1e-09, expected a finite weight >= 0"));
  const double longest = (std::numeric_limits<double>::max)();
  CHECK_THAT(tabulated(Uniform{longest}, longest, 4).cdf(longest / 2), WithinAbs(.5, 1e-12));
}

TEST_CASE("falls of a law's function by rounding add no mass to the table", "[plan][piecewise_linear]") {
  struct Trembling {
    double cdf(double seconds) const noexcept {
      return seconds > .6 && seconds < .8 ? .4 : seconds < .5 ? 0 : .5;
    }
  };
  const auto table = tabulated(Trembling{}, 1.0, 10);
  CHECK(table.cdf(.65) == .5);
  CHECK(table.cdf(2) == .5);
}

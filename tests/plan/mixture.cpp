#include "catch.hpp"

#include <einet/plan/law.hpp>
#include <einet/plan/mixture.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/plan/uniform.hpp>

#include <array>
#include <limits>

using namespace einet;
using namespace einet::test;

TEST_CASE("a mixture weighs its laws, each over the horizon of the profile", "[plan][mixture]") {
  const Mixture mixed{std::array<double, 2>{0.5, 0.5}, Uniform{}, PointMass{3}};
  CHECK(einet::over(mixed, 4.0).cdf(2) == 0.25);
  CHECK(einet::over(mixed, 4.0).cdf(3.5) == 0.5 * 0.875 + 0.5);
}

TEST_CASE("weights that are not probabilities are refused", "[plan][mixture]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH((Mixture{std::array<double, 2>{0.7, 0.7}, PointMass{1}, PointMass{2}}),
                    ContainsSubstring("Mixture: sum of weights is 1.4, expected at most 1"));
  CHECK_THROWS_WITH((Mixture{std::array<double, 1>{nan}, PointMass{1}}), ContainsSubstring("weights[0]"));
}

TEST_CASE("weights that sum to more than 1 by rounding make no more than certainty", "[plan][mixture]") {
  const Mixture mixed{std::array<double, 2>{0.5, 0.5 + 5e-10}, PointMass{1}, PointMass{2}};
  CHECK(mixed.cdf(3) == 1);
}

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

TEST_CASE("weights that are no probabilities are refused", "[plan][mixture]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH((Mixture{std::array<double, 2>{0.7, 0.7}, PointMass{1}, PointMass{2}}),
                    ContainsSubstring("1.4"));
  CHECK_THROWS_WITH((Mixture{std::array<double, 1>{nan}, PointMass{1}}), ContainsSubstring("weights[0]"));
}

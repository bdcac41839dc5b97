#include "catch.hpp"

#include <einet/plan/conditioned.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/plan/uniform.hpp>

using namespace einet;
using namespace einet::test;

TEST_CASE("a conditioned law divides by what is left", "[plan][conditioned]") {
  const Conditioned law{Uniform{4}, 1.0};
  CHECK(law.cdf(1) == 0);
  CHECK_THAT(law.cdf(2.5), WithinAbs(0.5, 1e-12));
  CHECK(Conditioned{PointMass{1}, 2.0}.cdf(2.5) == 1);
}

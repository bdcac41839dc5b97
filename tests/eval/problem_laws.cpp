#include "catch.hpp"

#include <einet/eval/problem_laws.hpp>
#include <einet/plan/truncated_gaussian.hpp>

#include <vector>

using namespace einet;
using einet::test::WithinAbs;

TEST_CASE("every problem has its law over its own total", "[eval][problem_laws]") {
  const std::vector<Problem<2>> problems{{{{1, 1}, {1, 1}}, {.8f, .2f}}, {{{2, 3}, {4, 1}}, {.2f, .8f}}};
  const auto uniform = eval::uniform_laws(problems);
  const auto gaussian = eval::gaussian_laws(problems, .25);
  REQUIRE(uniform.size() == 2);
  REQUIRE(gaussian.size() == 2);
  for (std::size_t k = 0; k < 2; ++k) {
    const double total = k == 0 ? 4 : 10;
    CHECK(uniform[k].horizon() == total);
    const auto exact = TruncatedGaussian::of_horizon(.5, .25).over(total);
    for (const double share : {.1, .25, .5, .9})
      CHECK_THAT(gaussian[k].cdf(share * total), WithinAbs(exact.cdf(share * total), 1e-5));
  }
}

#include "catch.hpp"

#include <einet/eval/search_score.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/search/fixed_plan.hpp>

#include <span>
#include <vector>

using namespace einet;
using einet::test::WithinAbs;

TEST_CASE("a search is scored by what its plans are worth, against the best ones", "[eval][search_score]") {
  // Outputs after 2 s of 4, or after 3 s if the first branch is skipped.
  const TimeProfile<2> times{{1, 1}, {1, 1}};
  const std::vector<Problem<2>> problems{{times, {.8f, .2f}}, {times, {.2f, .8f}}};
  const std::vector<Uniform> laws(2, Uniform{4});
  const auto best = eval::optimal_worths(std::span(problems), std::span(laws));
  REQUIRE(best.size() == 2);
  CHECK_THAT(best[0], WithinAbs(.5 * .8, 1e-6));
  CHECK_THAT(best[1], WithinAbs(.25 * .8, 1e-6));
  const auto exact =
      eval::score_search(std::span(problems), std::span(laws), std::span<const double>(best), ExactSearch{});
  CHECK_THAT(exact.mean, WithinAbs(.3, 1e-6));
  CHECK(exact.worst_gap == 0);
  CHECK(exact.seconds > 0);
  const FixedPlan<2> last{ExitPlan<2>{1}};
  const auto fixed =
      eval::score_search(std::span(problems), std::span(laws), std::span<const double>(best), last);
  CHECK_THAT(fixed.mean, WithinAbs(.25 * (.2 + .8) / 2, 1e-6));
  CHECK_THAT(fixed.worst_gap, WithinAbs(.4 - .05, 1e-6));
  CHECK_THAT(fixed.mean_gap, WithinAbs((.4 - .05) / 2, 1e-6));
}

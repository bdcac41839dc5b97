#include "catch.hpp"
#include "run_time_exits.hpp"

#include <einet/plan/exit_plan.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/plan/output_time.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/plan/uniform.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

using namespace einet;
using namespace einet::test;

static_assert(most_exits<14> == 14 && !run_time_exits<14>);
static_assert(most_exits<up_to(14)> == 14 && run_time_exits<up_to(14)>);
static_assert(up_to(8) != up_to(16) && up_to(8) != 8);

// An exact number takes no memory and is known to the compiler.
static_assert(std::is_empty_v<ExitCount<14>> && ExitCount<14>::exit_count() == 14);
static_assert(sizeof(TimeProfile<14>) == 2 * 14 * sizeof(double));
static_assert(TimeProfile<14>{}.exit_count() == 14);
static_assert(sizeof(ExitPlan<up_to(64)>) == sizeof(ExitPlan<64>));

TEST_CASE("a number of exits known at run time is 0 until it is set, then 1 to the most", "[plan][exits]") {
  CHECK(ExitCount<up_to(8)>{}.exit_count() == 0);
  CHECK(ExitCount<up_to(8)>{1}.exit_count() == 1);
  CHECK(ExitCount<up_to(8)>{8}.exit_count() == 8);
  CHECK_THROWS_WITH(ExitCount<up_to(8)>{9}, ContainsSubstring("number of exits is 9, expected 1 to 8"));
  CHECK_THROWS_AS(ExitCount<up_to(8)>{0}, std::invalid_argument);
  CHECK(ExitCount<8>{8}.exit_count() == 8);
  CHECK_THROWS_WITH(ExitCount<8>{7}, ContainsSubstring("number of exits is 7, expected 8"));
}

TEST_CASE("with_exits chooses the smallest size with room", "[plan][exits]") {
  for (std::size_t exits = 1; exits <= 128; ++exits) {
    CAPTURE(exits);
    const std::size_t chosen = with_exits(exits, []<std::size_t N>() {
      static_assert(run_time_exits<N>);
      return most_exits<N>;
    });
    CHECK(chosen >= exits);
    CHECK((chosen == 8 || chosen / 2 < exits));
    CHECK((chosen & (chosen - 1)) == 0);
  }
  const auto most = []<std::size_t N>() { return most_exits<N>; };
  CHECK(with_exits<5, 70>(5, most) == 5);
  CHECK(with_exits<5, 70>(6, most) == 70);
  CHECK_THROWS_WITH((with_exits<5, 70>(71, most)), ContainsSubstring("exits is 71, expected 1 to 70"));
  const auto nothing = []<std::size_t>() {};
  CHECK_THROWS_WITH(with_exits(129, nothing), ContainsSubstring("exits is 129, expected 1 to 128"));
  CHECK_THROWS_AS(with_exits(0, nothing), std::invalid_argument);
}

TEST_CASE("a time profile takes its number of exits from its times", "[plan][exits]") {
  const std::vector<double> conv{1, 2, 3}, branch{.1, .2, .3};
  const TimeProfile<up_to(8)> times{conv, branch};
  CHECK(times.exit_count() == 3);
  CHECK(times.total() == TimeProfile<3>{{1, 2, 3}, {.1, .2, .3}}.total());
  CHECK(times.total(1) == TimeProfile<3>{{1, 2, 3}, {.1, .2, .3}}.total(1));
  CHECK(times == TimeProfile<up_to(8)>{{1, 2, 3}, {.1, .2, .3}});
  CHECK_FALSE(times == TimeProfile<up_to(8)>{{1, 2, 3, 0}, {.1, .2, .3, 0}});
  const std::array<double, 2> two{1, 2};
  CHECK(TimeProfile<up_to(2)>{two, two}.exit_count() == 2);

  CHECK_THROWS_WITH((TimeProfile<up_to(8)>{conv, std::span(branch).first(2)}),
                    ContainsSubstring("branches.size() is 2, expected as many as conv parts: 3"));
  CHECK_THROWS_WITH((TimeProfile<up_to(2)>{conv, branch}),
                    ContainsSubstring("number of exits is 3, expected 1 to 2"));
  CHECK_THROWS_AS((TimeProfile<up_to(2)>{std::span<const double>{}, std::span<const double>{}}),
                  std::invalid_argument);
  CHECK_THROWS_AS(validate(TimeProfile<up_to(8)>{}), std::invalid_argument);
  CHECK_THROWS_WITH(validate(TimeProfile<up_to(8)>{{1, -1}, {0, 0}}), ContainsSubstring("conv[1]"));
  CHECK_NOTHROW(validate(at_run_time<up_to(8)>(TimeProfile<3>{{1, 2, 3}, {.1, .2, .3}})));
}

TEST_CASE("all exits, and the text of a plan, are those that there are", "[plan][exits]") {
  using Plan = ExitPlan<up_to(64)>;
  CHECK(Plan::all(0).empty());
  CHECK(Plan::all(3) == Plan{0, 1, 2});
  CHECK(Plan::all(64).count() == 64);
  CHECK(to_string(Plan{0, 2}, 4) == "1010");
  CHECK(ExitPlan<5>::all(5) == ExitPlan<5>::all());
  CHECK_THROWS_AS(Plan{64}, std::invalid_argument);
}

TEST_CASE("a plan is worth as much as at the exact size", "[plan][exits]") {
  const TimeProfile<3> times{{1, 2, 3}, {.5, .25, .125}};
  const Problem<3> exact{times, {.3f, .6f, .9f}, .1f, 1, 1.2};
  const auto problem = at_run_time<up_to(16)>(exact);
  const Uniform law{times.total()};
  const ExitPlan<up_to(16)> plan{1, 2};
  CHECK(problem.exit_count() == 3);
  CHECK(problem.rest() == exact.rest());
  CHECK(expectation(problem, plan, law) == expectation(exact, ExitPlan<3>{1, 2}, law));
  CHECK(output_time(problem, plan, 2) == output_time(exact, ExitPlan<3>{1, 2}, 2));
  CHECK_THROWS_AS(output_time(problem, plan, 3), std::invalid_argument);
  const auto shares = in_hand_shares(problem.times, plan, law);
  const auto wanted = in_hand_shares(times, ExitPlan<3>{1, 2}, law);
  for (std::size_t k = 0; k <= 3; ++k) CHECK(shares[k] == wanted[k]);
}

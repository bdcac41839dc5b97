#include "catch.hpp"
#include "problems.hpp"
#include "reference.hpp"
#include "support.hpp"

#include <einet/plan/exit_plan.hpp>

#include <cstddef>
#include <random>
#include <stdexcept>
#include <type_traits>
#include <vector>

using einet::ExitPlan;

static_assert(std::is_trivially_copyable_v<ExitPlan<40>>);
static_assert(sizeof(ExitPlan<64>) == 8 && sizeof(ExitPlan<65>) == 16);
static_assert(ExitPlan<5>{1, 3}.contains(3) && !ExitPlan<5>{1, 3}.contains(2));

TEMPLATE_TEST_CASE_SIG("a plan holds exactly the exits put into it", "[plan][exit_plan]",
                       ((std::size_t N), N), 1, 5, 63, 64, 65, 128, 200) {
  std::mt19937_64 random(N);
  for (std::size_t run = 0; run < einet::test::cases(50); ++run) {
    std::vector<bool> truth(N);
    ExitPlan<N> plan;
    for (std::size_t step = 0; step < 2 * N; ++step) {
      const std::size_t exit = random() % N;
      if (random() % 3 == 0) {
        plan.erase(exit);
        truth[exit] = false;
      } else {
        plan.insert(exit);
        truth[exit] = true;
      }
    }
    REQUIRE(einet::test::bits(plan) == truth);
    CHECK(plan.count() == einet::test::ones(truth));
    CHECK(plan.empty() == (einet::test::ones(truth) == 0));
    for (std::size_t from = 0; from <= N; ++from) {
      std::size_t expected = from;
      while (expected < N && !truth[expected]) ++expected;
      const auto next = plan.next(from);
      CHECK(next.has_value() == (expected < N));
      if (next) CHECK(*next == expected);
    }
  }
}

TEST_CASE("plans of equal worth are ordered by fewer exits, then by the first skip", "[plan][exit_plan]") {
  std::mt19937_64 random(7);
  for (std::size_t run = 0; run < einet::test::cases(2000); ++run) {
    ExitPlan<70> a;
    ExitPlan<70> b;
    for (std::size_t k = 0; k < 6; ++k) {
      a.insert(random() % 70);
      b.insert(random() % 70);
    }
    CHECK(a.precedes(b) == einet::test::goes_before(einet::test::bits(a), einet::test::bits(b)));
    CHECK_FALSE(a.precedes(a));
  }
  CHECK(ExitPlan<4>{3}.precedes(ExitPlan<4>{2}));
  CHECK(ExitPlan<4>{0}.precedes(ExitPlan<4>{2, 3}));
}

TEST_CASE("a plan with exits that the network lacks is refused by name and place", "[plan][exit_plan]") {
  const auto plan = [](std::size_t exit) { return ExitPlan<3>{1, exit}; };
  CHECK(plan(2).contains(2));
  CHECK_THROWS_WITH(plan(3), "ExitPlan: exits[1] is 3, expected less than 3");
  CHECK_THROWS_AS(plan(64), std::invalid_argument);
  CHECK_THROWS_AS(plan(static_cast<std::size_t>(-1)), std::invalid_argument);
  CHECK_THROWS_AS((ExitPlan<64>{64}), std::invalid_argument);
}

TEST_CASE("a plan is printed as one digit per exit", "[plan][exit_plan]") {
  CHECK(to_string(ExitPlan<4>{1, 3}) == "0101");
  CHECK(to_string(ExitPlan<3>::all()) == "111");
}

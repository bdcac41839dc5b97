#include "catch.hpp"

#include <einet/plan/uniform.hpp>
#include <einet/run/planning_budget.hpp>

#include <cmath>
#include <limits>

using einet::ExitPlan;
using einet::PlanningBudget;
using einet::Problem;
using einet::Uniform;
using einet::test::ContainsSubstring;
using einet::test::WithinAbs;
using einet::test::WithinRel;

TEST_CASE("a budget tries an exit before it judges it, and keeps checking", "[run][planning_budget]") {
  PlanningBudget<4> budget;
  int afforded = 0;
  int first_refusal = -1;
  for (int run = 0; run < 330; ++run) {
    if (budget.affords(2, 1e-3)) {
      ++afforded;
      budget.learn(2, 1e-4);
    } else if (first_refusal < 0) {
      first_refusal = run;
    }
  }
  CHECK(first_refusal > 0);
  CHECK(afforded > first_refusal);             // it looks again
  CHECK(afforded < first_refusal + 330 / 16);  // but seldom
  CHECK(budget.affords(1, 1e-3));              // what is known of one exit says nothing of another
}

TEST_CASE("the cost decides", "[run][planning_budget]") {
  PlanningBudget<1> budget{2};
  for (int run = 0; run < 100; ++run) budget.learn(0, run % 2 == 0 ? 0.0 : 2e-3);  // 1e-3 on average
  CHECK(budget.affords(0, 0.4e-3));
  CHECK_FALSE(budget.affords(0, 0.6e-3));
}

TEST_CASE("a gain no larger than the cost is not worth it", "[run][planning_budget]") {
  PlanningBudget<2> budget{2};
  for (int run = 0; run < 8; ++run) {
    budget.learn(0, 0.5);
    budget.learn(1, 0);
  }
  CHECK_FALSE(budget.affords(0, 0.25));
  CHECK(budget.affords(0, 0.24));
  CHECK_FALSE(budget.affords(1, 0));
}

TEST_CASE("a gain that begins to be worth its cost is noticed", "[run][planning_budget]") {
  PlanningBudget<1> budget;
  for (int run = 0; run < 100; ++run)
    if (budget.affords(0, 1e-3)) budget.learn(0, 0);
  REQUIRE_FALSE(budget.affords(0, 1e-3));
  int afforded = 0;
  for (int run = 0; run < 2000; ++run)
    if (budget.affords(0, 1e-3)) {
      budget.learn(0, 0.1);
      ++afforded;
    }
  CHECK(afforded > 1800);
}

TEST_CASE("the time of planning is a mean that outliers hardly move", "[run][planning_budget]") {
  PlanningBudget<1> budget;
  CHECK(budget.seconds() == 0);
  for (int run = 0; run < 100; ++run) budget.spent(run % 2 == 0 ? 1e-6 : 3e-6);
  CHECK_THAT(budget.seconds(), WithinRel(2e-6, 0.1));
  budget.spent(1);
  CHECK_THAT(budget.seconds(), WithinRel(2e-6, 0.2));
  budget.spent(-1);
  budget.spent(std::numeric_limits<double>::quiet_NaN());
  budget.spent(std::numeric_limits<double>::infinity());
  CHECK_THAT(budget.seconds(), WithinRel(2e-6, 0.2));
}

TEST_CASE("planning costs what its delay loses, and the price of its time", "[run][planning_budget]") {
  PlanningBudget<2> budget;
  budget.spent(.5);
  // Both outputs come half a second later: .4 and then .3 more are in hand an eighth of four seconds less.
  Problem<2> problem{{{1, 1}, {0, 0}}, {.4f, .7f}};
  const ExitPlan<2> both{0, 1};
  CHECK_THAT(budget.cost(problem, both, Uniform{4}), WithinAbs(.7 / 8, 1e-6));
  problem.price = .1;
  CHECK_THAT(budget.cost(problem, both, Uniform{4}), WithinAbs(.7 / 8 + .05, 1e-6));
  CHECK_THAT(budget.cost(problem, ExitPlan<2>{}, Uniform{4}), WithinAbs(.05, 1e-6));
}

TEST_CASE("an invalid threshold is refused", "[run][planning_budget]") {
  CHECK_THROWS_WITH(PlanningBudget<3>{-1}, ContainsSubstring("threshold"));
  CHECK_THROWS_WITH(PlanningBudget<3>{std::nan("")}, ContainsSubstring("threshold"));
  CHECK_NOTHROW(PlanningBudget<3>{0});
}

#include "catch.hpp"
#include "pipelined_problems.hpp"
#include "support.hpp"

#include <einet/plan/expectation.hpp>
#include <einet/plan/output_time.hpp>
#include <einet/plan/pipelined_problem.hpp>

#include <array>
#include <cstddef>
#include <random>
#include <stdexcept>
#include <type_traits>

using namespace einet;
using namespace einet::test;

// A search for runs in turn must not take one for the other.
static_assert(!std::is_convertible_v<PipelinedProblem<3>, Problem<3>>);
static_assert(!std::is_convertible_v<Problem<3>, PipelinedProblem<3>>);

TEST_CASE("a branch begins when both its conv part and the branch before it are done", "[plan][pipelined]") {
  const Problem<4> in_turn{{{1, 1, 1, 4}, {.5, 3, 1, .25}}, {}};
  const PipelinedProblem<4> problem = pipelined(in_turn);
  CHECK(problem.arrival == std::array<double, 4>{1, 2, 3, 7});
  CHECK(output_time(problem, ExitPlan<4>{0}, 0) == 1.5);
  CHECK(output_time(problem, ExitPlan<4>{0}, 1) == 5);     // exit 0 is long done
  CHECK(output_time(problem, ExitPlan<4>{0, 1}, 2) == 6);  // exit 1 is late
  CHECK(output_time(problem, ExitPlan<4>{}, 2) == 4);
  CHECK(output_time(problem, ExitPlan<4>{0, 1, 2}, 3) == 7.25);  // and the last is on time again
  CHECK(busy_seconds(problem, ExitPlan<4>{0, 1, 2, 3}) == 7.25);
  CHECK(busy_seconds(problem, ExitPlan<4>{}) == 0);
  CHECK_THROWS_AS(output_time(problem, ExitPlan<4>{}, 4), std::invalid_argument);
}

TEST_CASE("in mid-run, conv parts that are done delay no branch", "[plan][pipelined]") {
  PipelinedProblem<4> problem = pipelined(Problem<4>{{{1, 1, 1, 4}, {.5, 3, 1, .25}}, {}});
  problem.first = 2;
  problem.elapsed = 5;  // exit 1 has just been run, conv part 2 is done
  CHECK(output_time(problem, ExitPlan<4>{}, 2) == 6);
  CHECK(output_time(problem, ExitPlan<4>{2}, 3) == 7.25);
  CHECK(busy_seconds(problem, ExitPlan<4>{2, 3}) == 2.25);
  CHECK_THROWS_AS(output_time(problem, ExitPlan<4>{}, 1), std::invalid_argument);
}

TEST_CASE("a pipelined problem from the middle of a run in turn keeps its state", "[plan][pipelined]") {
  Problem<3> in_turn{{{1, 2, 4}, {.5, .5, .5}}, {.2f, .4f, .6f}, .3f, 1, 8, .01};
  const PipelinedProblem<3> problem = pipelined(in_turn);
  CHECK(problem.arrival == std::array<double, 3>{8, 10, 14});
  CHECK(problem.confidences == in_turn.confidences);
  CHECK(problem.in_hand == .3f);
  CHECK(problem.first == 1);
  CHECK(problem.elapsed == 8);
  CHECK(problem.price == .01);
}

TEST_CASE("no output is later with branches beside the backbone than in turn", "[plan][pipelined]") {
  std::mt19937_64 random(1);
  for (std::size_t run = 0; run < cases(500); ++run) {
    const auto in_turn = random_problem<6>(random, Confidences::noisy, Branches::random, run % 2 == 1);
    const auto problem = pipelined(in_turn);
    const ExitPlan<6> plan = ExitPlan<6>::from_words({random()});
    for (std::size_t k = in_turn.first; k < 6; ++k)
      CHECK(output_time(problem, plan, k) <= output_time(in_turn, plan, k));
    if (in_turn.first < 6)
      CHECK(output_time(problem, {}, 5) == output_time(in_turn, {}, 5));  // nothing before it
  }
}

TEST_CASE("the expectation of a pipelined plan equals that of a simulated run", "[plan][pipelined]") {
  std::mt19937_64 random(2);
  for (std::size_t run = 0; run < cases(100); ++run) {
    const auto problem = random_pipelined<6>(random, even_tying_confidences[run % 6],
                                             even_idle_branches[run / 6 % 4], run % 2 == 1);
    const double total = problem.arrival[5] + 2 * problem.branch[5] + 1e-3;
    for (const NamedLaw& law : every_pipelined_law(random, problem, total)) {
      const EveryPipelinedPlan<6> truth(problem, law.any);
      for (std::size_t code = 0; code < 64; ++code) {
        const ExitPlan<6> plan = ExitPlan<6>::from_words({code >> problem.first << problem.first});
        CAPTURE(run, law.name, code);
        CHECK_THAT(expectation(problem, plan, law.any), WithinAbs(truth.worth(plan), 1e-9));
        double last = problem.elapsed;
        simulate(problem, plan.word(0), [&](std::size_t k, double ready) {
          CHECK(output_time(problem, plan, k) == ready);  // to the last bit
          last = ready;
        });
        CHECK(busy_seconds(problem, plan) == last - problem.elapsed);
      }
    }
  }
}

TEST_CASE("a pipelined problem may have as many exits as a program finds", "[plan][pipelined]") {
  Problem<up_to(8)> in_turn{TimeProfile<up_to(8)>(2)};
  in_turn.times.conv = {1, 2};
  in_turn.times.branch = {.5, .5};
  const auto problem = pipelined(in_turn);
  CHECK(problem.exit_count() == 2);
  CHECK(output_time(problem, {}, 1) == 3.5);
  CHECK_THROWS_AS(output_time(problem, {}, 2), std::invalid_argument);
}

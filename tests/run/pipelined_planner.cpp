#include "catch.hpp"
#include "first_plans.hpp"
#include "pipelined_problems.hpp"
#include "support.hpp"

#include <einet/einet.hpp>
#include <einet/run/pipelined.hpp>
#include <einet/run/pipelined_planner.hpp>
#include <einet/run/pipelined_state.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>

using namespace einet;
using einet::test::cases;
using einet::test::WithinAbs;

namespace {

constexpr double nan_seconds = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("a pipelined planner plans the exits to come from wherever the backbone is", "[run][pipelined]") {
  const TimeProfile<4> times{{1, 1, 1, 1}, {.5, 2, .5, .5}};
  PipelinedPlanner planner{times, PriorPredictor<4>{{.2f, .4f, .6f, .8f}}, FixedPlan<4>{ExitPlan<4>::all()}};
  CHECK(planner.next_exit() == 0);
  CHECK(planner.problem().arrival == std::array<double, 4>{1, 2, 3, 4});
  CHECK(planner.observe(0, .3f, 1, 1.5, 1.5, {1, 1}));
  CHECK(planner.next_exit() == 1);
  CHECK(planner.problem().first == 1);
  CHECK(planner.problem().elapsed == 1.5);
  CHECK(planner.problem().in_hand == .3f);
  CHECK(planner.problem().arrival == std::array<double, 4>{1, 2, 3, 4});
  CHECK(planner.observe(1, .4f, 2, 4, 4.25, {4, 4}));
  CHECK(planner.next_exit() == 2);  // the backbone has passed it
  CHECK(planner.problem().arrival[3] == 4);
  CHECK(planner.problem().elapsed == 4.25);
  CHECK(planner.plan().worth > 0);
  CHECK(planner.observe(3, .8f, 4.25, 4.75, 4.75, {4, 4}));
  CHECK_FALSE(planner.next_exit());
  planner.reset();
  CHECK(planner.next_exit() == 0);
  CHECK(planner.problem().elapsed == 0);
  CHECK(planner.problem().arrival == std::array<double, 4>{1, 2, 3, 4});
}

TEST_CASE("a pipelined planner's first plan is searched for only if something it depends on has changed",
          "[run][pipelined]") {
  const TimeProfile<3> times{{1, 1, 1}, {.1, .1, .1}};
  PipelinedPlanner planner{times, PriorPredictor<3>{{.4f, .6f, .9f}}, Uniform{4}, test::CountingSearch{}};
  test::check_first_plans(planner);
}

TEST_CASE("moments of parts to come stay the same to the last bit at the profile's own pace",
          "[run][pipelined]") {
  std::mt19937_64 random(1);
  for (std::size_t run = 0; run < cases(200); ++run) {
    const auto in_turn =
        test::random_problem<8>(random, test::Confidences::rising, test::Branches::random, false);
    const auto start = pipelined(in_turn);
    PipelinedPlanner planner{in_turn.times, PriorPredictor<8>{in_turn.confidences}, FixedPlan<8>{}};
    const std::size_t parts = 1 + random() % 8;
    const double done = start.arrival[parts - 1], began = done - in_turn.times.branch[0];
    planner.observe(0, .5f, began, began + in_turn.times.branch[0], done + 1e-5, {parts, done});
    for (std::size_t k = parts - 1; k < 8; ++k)
      if (planner.pace() == 1) CHECK(planner.problem().arrival[k] == start.arrival[k]);
    CHECK(planner.pace() == 1);
  }
}

TEST_CASE("a pipelined planner's plans equal brute force in every state of a run", "[run][pipelined]") {
  std::mt19937_64 random(2);
  for (std::size_t run = 0; run < cases(200); ++run) {
    const auto in_turn =
        test::random_problem<7>(random, test::Confidences::noisy, test::Branches::random, false);
    const Uniform law{in_turn.times.total()};
    PipelinedPlanner planner{
        in_turn.times, PriorPredictor<7>{in_turn.confidences}, law, {.price = in_turn.price}};
    double now = 0, done = 0;
    std::size_t parts = 0;
    while (const auto exit = planner.next_exit()) {
      const auto& problem = planner.problem();
      const test::EveryPipelinedPlan<7> truth(problem, test::AnyLaw(law));
      CHECK_THAT(planner.plan().worth, WithinAbs(truth.best(), 1e-9));
      for (; parts <= *exit || (parts < 7 && random() % 2 == 0); ++parts) done += in_turn.times.conv[parts];
      const double began = now > done ? now : done;
      const double ready = began + in_turn.times.branch[*exit];
      now = ready + 1e-6;
      planner.observe(*exit, in_turn.confidences[*exit], began, ready, now, {parts, done});
    }
  }
}

TEST_CASE("either core's pace scales what is left, waiting does not", "[run][pipelined]") {
  const TimeProfile<3> times{{1, 1, 1}, {1, 1, 1}};
  const PriorPredictor<3> prior{{.2f, .5f, .9f}};
  PipelinedPlanner planner{times, prior};
  CHECK_FALSE(planner.pass({1, 1}, 1));  // on time
  CHECK(planner.pace() == 1);
  CHECK(planner.pass({2, 3}, 3));  // the second part took twice as long
  CHECK(planner.pace() > 1.5);
  CHECK(planner.problem().arrival[2] > 4.5);
  CHECK(planner.problem().branch[2] > 1.5);
  planner.reset();
  CHECK(planner.pace() == 1);
  planner.observe(0, .3f, 5, 6, 6, {1, 1});  // the branch core waited from 1 to 5
  CHECK(planner.pace() == 1);
  planner.observe(1, .5f, 6, 8, 8, {1, 1});  // a branch took twice as long
  CHECK(planner.pace() > 1.5);
  PipelinedPlanner stubborn{times, prior, Uniform{}, ExactSearch{}, {.follow_pace = false}};
  CHECK_FALSE(stubborn.follows_pace());
  CHECK_FALSE(stubborn.pass({2, 300}, 300));
  CHECK(stubborn.pace() == 1);
  PipelinedPlanner careful{times, prior, Uniform{}, ExactSearch{}, {.margin = 2}};
  CHECK(careful.problem().arrival[0] == 2);
  CHECK(careful.problem().branch[0] == 2);
}

TEST_CASE("times that make no sense do not confuse a pipelined planner", "[run][pipelined]") {
  const TimeProfile<3> times{{1, 1, 1}, {1, 1, 1}};
  PipelinedPlanner planner{times, PriorPredictor<3>{{.2f, .5f, .9f}}};
  planner.pass({2, nan_seconds}, nan_seconds);
  planner.pass({9, 1}, -5);
  planner.observe(0, std::nanf(""), 2, nan_seconds, 3, {2, 2});
  CHECK(planner.problem().elapsed == 3);
  CHECK(planner.problem().in_hand == 0);
  planner.pass({1, 1}, 1);  // goes back
  CHECK(planner.problem().elapsed == 3);
  CHECK(std::isfinite(planner.plan().worth));
}

TEST_CASE("a pipelined planner refuses what does not fit", "[run][pipelined]") {
  const PriorPredictor<2> prior{{.2f, .5f}};
  CHECK_THROWS_AS(PipelinedPlanner(TimeProfile<2>{{0, 0}, {0, 0}}, prior), std::invalid_argument);
  CHECK_THROWS_AS(PipelinedPlanner(TimeProfile<2>{{1, 1}, {0, 0}}, prior, Uniform{}, {.margin = .5}),
                  std::invalid_argument);
  const PriorPredictor<up_to(4)> two{std::array{.2f, .5f}};
  CHECK_THROWS_AS(PipelinedPlanner(TimeProfile<up_to(4)>(3), two), std::invalid_argument);
  // T is the total of a run in turn.
  CHECK(PipelinedPlanner(TimeProfile<2>{{1, 1}, {.5, .5}}, prior).law().horizon() == 3);
}

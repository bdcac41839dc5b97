#include "catch.hpp"
#include "eval/fixture.hpp"
#include "problems.hpp"
#include "support.hpp"

#include <einet/einet.hpp>
#include <einet/eval/replayed.hpp>

#include <cmath>
#include <random>

using namespace einet;
using einet::test::cases;
using einet::test::WithinAbs;

TEST_CASE("a plan of every exit comes to the hand calculation", "[eval][replayed]") {
  // Outputs at 1, 2 and 3 s of 3; sample 0 is right from exit 1 on, sample 1 at exit 0 only.
  const TimeProfile<3> times{{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}};
  const ConfidenceProfile<3> outputs{
      {{0.5f, 0.5f, 0.5f}, {0.5f, 0.5f, 0.5f}}, {{0, 7, 7}, {7, 0, 0}}, {7, 7}};
  const Uniform law{3};
  const Planner planner{times, PriorPredictor<3>{{.5f, .6f, .7f}}, FixedPlan<3>{ExitPlan<3>::all()}, law};
  const auto result = eval::replayed(planner, times, outputs, law, 0.0);
  CHECK_THAT(result.correct[0], WithinAbs(1.0 / 3, 1e-12));
  CHECK_THAT(result.correct[1], WithinAbs(1.0 / 3, 1e-12));
  CHECK_THAT(result.no_answer_rate, WithinAbs(1.0 / 3, 1e-12));
  CHECK_THAT(result.exits_per_image, WithinAbs(2.0 / 3 + 1.0 / 3, 1e-12));
  CHECK(result.planning_share == 0);
  const auto charged = eval::replayed(planner, times, outputs, law, 0.25);  // outputs at 1, 2.25 and 3.5 s
  CHECK_THAT(charged.correct[0], WithinAbs(0.75 / 3, 1e-12));
  CHECK_THAT(charged.correct[1], WithinAbs(1.25 / 3, 1e-12));
  CHECK_THAT(charged.planning_share, WithinAbs(0.75 / 3.75, 1e-12));
}

TEST_CASE("the closed form equals the mean of sampled exits", "[eval][replayed]") {
  std::mt19937_64 random(31);
  const auto problem =
      test::random_problem<6>(random, test::Confidences::rising, test::Branches::random, false);
  const TimeProfile<6>& times = problem.times;
  const auto outputs = test::random_profile<6>(random, 40);
  const Uniform law{times.total()};
  const double planning = 2e-5;
  const Planner planner{times, PriorPredictor<6>{outputs.accuracy()}, ExactSearch{}, law};
  const auto closed = eval::replayed(planner, times, outputs, law, planning);

  const auto blocks = replay(times, outputs);
  VirtualTime time;
  LocalSlot<Answer> slot;
  ElasticRunner runner{blocks, planner, slot, VirtualClock{time, planning}};
  std::uniform_real_distribution<double> moment(0, times.total());
  const std::size_t draws = cases(100000);
  std::size_t right = 0;
  std::size_t none = 0;
  for (std::size_t draw = 0; draw < draws; ++draw) {
    time.reset();
    ReplayedSample on{draw % outputs.size(), &time};
    const auto result = runner.run(on, StopAfter{VirtualClock{time}, moment(random)});
    right += result.answer && result.answer->label == outputs.label[on.sample] ? 1U : 0U;
    none += result.answer ? 0U : 1U;
  }
  const double error = 4 * 0.5 / std::sqrt(static_cast<double>(draws));
  CHECK_THAT(static_cast<double>(right) / static_cast<double>(draws), WithinAbs(closed.accuracy, error));
  CHECK_THAT(static_cast<double>(none) / static_cast<double>(draws), WithinAbs(closed.no_answer_rate, error));
}

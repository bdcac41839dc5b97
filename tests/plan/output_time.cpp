#include "catch.hpp"
#include "problems.hpp"
#include "support.hpp"

#include <einet/plan/expectation.hpp>
#include <einet/plan/output_time.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/predict/prior_predictor.hpp>
#include <einet/profile/replay.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/planner.hpp>
#include <einet/search/fixed_plan.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <random>
#include <stdexcept>
#include <vector>

using namespace einet;
using namespace einet::test;

namespace {

template <std::size_t N>
ExitPlan<N> random_plan(std::mt19937_64& random) {
  ExitPlan<N> plan;
  for (std::size_t k = 0; k < N; ++k)
    if (random() % 2 == 0) plan.insert(k);
  return plan;
}

/// Records when each output of a replayed run came.
template <std::size_t N>
struct NotingSlot {
  using value_type = Answer;
  const VirtualTime* time;
  std::array<double, N> ready{};

  void begin_run() noexcept { ready.fill(-1); }
  void publish(const Answer&, std::size_t exit) noexcept { ready[exit] = time->seconds(); }
  [[nodiscard]] std::optional<Published<Answer>> read() const noexcept { return std::nullopt; }
};

}  // namespace

TEST_CASE("a device is busy until the last output is ready, however late it is", "[plan][output_time]") {
  Problem<3> problem{{{1, 2, 4}, {.25, .5, 1}}, {}, 0, 1, 1e18};
  CHECK(busy_seconds(problem, ExitPlan<3>{0, 1}) == 2.5);
  CHECK(busy_seconds(problem, ExitPlan<3>{1, 2}) == 7.5);
  CHECK(busy_seconds(problem, ExitPlan<3>{2}) == 7);
  CHECK(busy_seconds(problem, ExitPlan<3>{0}) == 0);
  CHECK(busy_seconds(problem, ExitPlan<3>{}) == 0);
}

TEST_CASE("outputs are ready when a replay on the virtual clock publishes them, to the last bit",
          "[plan][output_time]") {
  constexpr std::size_t n = 9;
  std::mt19937_64 random(1);
  ConfidenceProfile<n> outputs;
  outputs.label = {0};
  outputs.confidence.resize(1);
  outputs.predicted.resize(1);
  for (std::size_t run = 0; run < cases(500); ++run) {
    CAPTURE(run);
    const auto times =
        random_problem<n>(random, Confidences::rising, even_idle_branches[run % 4], false).times;
    const ExitPlan<n> plan = random_plan<n>(random);
    const auto blocks = replay(times, outputs);
    VirtualTime time;
    NotingSlot<n> slot{&time};
    ElasticRunner runner{blocks, Planner{times, PriorPredictor<n>{{}}, FixedPlan<n>{plan}}, slot,
                         VirtualClock{time}};
    ReplayedSample on{0, &time};
    (void)runner.run(on);
    for (std::size_t k = 0; k < n; ++k)
      CHECK(slot.ready[k] == (plan.contains(k) ? output_time(times, plan, k) : -1));
  }
}

TEST_CASE("a plan of all exits ends with the profile, to the last bit", "[plan][output_time]") {
  std::mt19937_64 random(2);
  for (std::size_t run = 0; run < cases(1000); ++run) {
    const auto times =
        random_problem<14>(random, Confidences::rising, even_idle_branches[run % 4], false).times;
    CAPTURE(run);
    CHECK(output_time(times, ExitPlan<14>::all(), 13) == times.total());
  }
}

TEST_CASE("a deadline at the time of an output is its tightest", "[plan][output_time]") {
  std::mt19937_64 random(3);
  for (std::size_t run = 0; run < cases(1000); ++run) {
    auto problem = random_problem<9>(random, Confidences::noisy, even_idle_branches[run % 4], run % 2 == 1);
    problem.price = 0;
    if (problem.first == 9) continue;
    const ExitPlan<9> plan = random_plan<9>(random);
    const auto exit = plan.next(problem.first);
    if (!exit) continue;
    CAPTURE(run, to_string(plan), *exit);
    ExitPlan<9> only;
    only.insert(*exit);
    const double ready = output_time(problem, only, *exit);
    const double worth = static_cast<double>(problem.confidences[*exit]);
    CHECK(expectation(problem, only, PointMass{ready}) == worth);
    if (const double before = std::nextafter(ready, 0.0); before < ready && before >= problem.elapsed)
      CHECK(expectation(problem, only, PointMass{before}) == static_cast<double>(problem.in_hand));
  }
}

TEST_CASE("in mid-run, outputs are ready at the same moments as planned at the start",
          "[plan][output_time]") {
  std::mt19937_64 random(4);
  for (std::size_t run = 0; run < cases(500); ++run) {
    auto problem = random_problem<9>(random, Confidences::rising, even_idle_branches[run % 4], false);
    const ExitPlan<9> plan = random_plan<9>(random);
    for (auto exit = plan.next(0); exit; exit = plan.next(*exit + 1)) {
      CAPTURE(run, to_string(plan), *exit);
      const double ready = output_time(problem, plan, *exit);
      CHECK(ready == output_time(problem.times, plan, *exit));
      problem.first = *exit + 1;
      problem.elapsed = ready;
    }
  }
}

TEST_CASE("the time of an output that will not come is refused", "[plan][output_time]") {
  Problem<3> problem{{{1, 1, 1}, {1, 1, 1}}, {}, 0, 1, 2};
  static_assert(output_time(TimeProfile<3>{{1, 2, 3}, {4, 5, 6}}, ExitPlan<3>{0}, 2) == 16);
  CHECK(output_time(problem, ExitPlan<3>{0, 1}, 2) == 6);  // exit 0 is past, and its branch with it
  CHECK_THROWS_AS(output_time(problem, ExitPlan<3>{}, 0), std::invalid_argument);
  CHECK_THROWS_AS(output_time(problem, ExitPlan<3>{}, 3), std::invalid_argument);
}

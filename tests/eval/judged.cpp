#include "catch.hpp"

#include <einet/eval/judged.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/plan/uniform.hpp>

#include <stdexcept>
#include <vector>

using namespace einet;
using einet::test::ContainsSubstring;
using einet::test::WithinAbs;

namespace {

/// Run 0: right from 1 s on, wrong from 3 s on. Run 1: never an answer. Run 2: wrong from 2 s on, right from
/// 4 s on, past the end of the law.
eval::Timelines three_runs() {
  eval::Timelines runs(3, 2);
  runs.push(0, {1, 0, .5f, true});
  runs.push(0, {3, 1, .5f, false});
  runs.push(2, {2, 0, .5f, false});
  runs.push(2, {4.5, 1, .5f, true});
  return runs;
}

/// Half of the stops never come, the others at a uniform moment of 4 s.
struct HalfTheTime {
  double cdf(double seconds) const noexcept { return seconds <= 0 ? 0 : seconds >= 4 ? .5 : seconds / 8; }
};

}  // namespace

TEST_CASE("the closed form is the sum of the shares of time in which the answer in hand is right",
          "[eval][judged]") {
  const auto runs = three_runs();
  const auto uniform = eval::judged(runs, Uniform{4});
  CHECK_THAT(uniform.correct[0], WithinAbs(0.5, 1e-12));
  CHECK(uniform.correct[1] == 0);
  CHECK(uniform.correct[2] == 0);
  CHECK_THAT(uniform.accuracy, WithinAbs(0.5 / 3, 1e-12));
  CHECK_THAT(uniform.no_answer_rate, WithinAbs((0.25 + 1 + 0.5) / 3, 1e-12));
  CHECK_THAT(uniform.exits_per_image, WithinAbs((0.75 + 0.25 + 0.5) / 3, 1e-12));

  // What the law lacks to 1 goes to the last answer.
  const auto half = eval::judged(runs, HalfTheTime{});
  CHECK_THAT(half.correct[0], WithinAbs(0.25, 1e-12));
  CHECK_THAT(half.correct[2], WithinAbs(0.5, 1e-12));

  // An answer that is ready at the very moment of the stop counts.
  CHECK(eval::judged(runs, PointMass{1}).correct[0] == 1);
  CHECK(eval::judged(runs, PointMass{0.999}).correct[0] == 0);
}

TEST_CASE("accuracy against time is that of a stop at every moment", "[eval][judged]") {
  const auto runs = three_runs();
  const std::vector<double> moments{0, 0.999, 1, 2.5, 3, 4.5, 9};
  const auto curve = eval::accuracy_curve(runs, moments);
  REQUIRE(curve.size() == moments.size());
  for (std::size_t i = 0; i < moments.size(); ++i)
    CHECK_THAT(curve[i], WithinAbs(eval::judged(runs, PointMass{moments[i]}).accuracy, 1e-12));
  CHECK(curve.front() == 0);
  CHECK_THAT(curve[2], WithinAbs(1. / 3, 1e-12));
}

TEST_CASE("the device is busy until the run is done or stopped", "[eval][judged]") {
  auto runs = three_runs();
  runs.set_seconds(0, 3, 0);
  runs.set_seconds(1, 1, .5);
  runs.set_seconds(2, 6, 0);
  const auto uniform = eval::judged(runs, Uniform{4});
  CHECK_THAT(uniform.busy, WithinAbs(10. / 3, 1e-12));
  // Stopped at a mean moment of 1.5 s in three of four cases, and so on.
  CHECK_THAT(uniform.busy_until_stop, WithinAbs((.75 * 1.5 + .25 * 3 + .25 * .5 + .75 * 1 + 2) / 3, 1e-12));
  const auto deadline = eval::judged(runs, PointMass{2.5});
  CHECK_THAT(deadline.busy, WithinAbs(10. / 3, 1e-12));
  CHECK_THAT(deadline.busy_until_stop, WithinAbs((2.5 + 1 + 2.5) / 3, 1e-9));
  CHECK(eval::judged(eval::Timelines{}, Uniform{4}).busy == 0);
}

TEST_CASE("runs know the time of planning, and can be repeated", "[eval][judged]") {
  auto runs = three_runs();
  CHECK(runs.planning_share() == 0);
  runs.set_seconds(0, 4, 1);
  runs.set_seconds(1, 0, 0);
  runs.set_seconds(2, 4, 3);
  CHECK_THAT(eval::judged(runs, Uniform{4}).planning_share, WithinAbs(0.5, 1e-12));
  runs.clear(0);
  CHECK(runs[0].empty());
  CHECK(runs[2].size() == 2);
}

TEST_CASE("only strategies on the same samples are compared in pairs", "[eval][judged]") {
  const std::vector<double> ours{1, 0.5}, theirs{0.25, 0.75};
  CHECK(eval::paired_differences(ours, theirs) == std::vector<double>{0.75, -0.25});
  CHECK_THROWS_WITH(eval::paired_differences(ours, {}),
                    ContainsSubstring("paired_differences: theirs.size() is 0, expected 2 samples"));
}

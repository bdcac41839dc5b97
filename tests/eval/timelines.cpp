#include "catch.hpp"

#include <einet/eval/timelines.hpp>

using einet::eval::TimedAnswer;
using einet::eval::Timelines;
using einet::test::WithinRel;

TEST_CASE("a timeline holds the answers of every run in the order in which they came", "[eval][timelines]") {
  Timelines runs(3, 2);
  CHECK(runs.size() == 3);
  for (const std::size_t sample : {2U, 0U, 2U})
    runs.push(sample, {static_cast<double>(sample) + .5, static_cast<std::uint32_t>(runs[sample].size()),
                       .25f, sample == 2});
  CHECK(runs[0].size() == 1);
  CHECK(runs[1].empty());
  REQUIRE(runs[2].size() == 2);
  CHECK(runs[0][0].ready == .5);
  CHECK_FALSE(runs[0][0].correct);
  CHECK(runs[2][0].exit == 0);
  CHECK(runs[2][1].exit == 1);
  CHECK(runs[2][1].correct);
  runs.clear(2);
  CHECK(runs[2].empty());
  CHECK(runs[0].size() == 1);
}

TEST_CASE("the share of planning is that in the time of all runs together", "[eval][timelines]") {
  Timelines runs(3, 1);
  CHECK(runs.planning_share() == 0);
  runs.set_seconds(0, 1, .5);
  runs.set_seconds(1, 7, .25);
  CHECK_THAT(runs.planning_share(), WithinRel(.75 / 8, 1e-12));
  runs.clear(0);
  CHECK_THAT(runs.planning_share(), WithinRel(.25 / 7, 1e-12));
  CHECK(Timelines{}.size() == 0);
}

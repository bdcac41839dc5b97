#include "catch.hpp"

#include <einet/einet.hpp>
#include <einet/profile/replay.hpp>

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

using namespace einet;
using einet::test::WithinAbs;

namespace {

using Times = TimeProfile<3>;
using Outputs = ConfidenceProfile<3>;

template <class T, class O>
concept replays = requires(T&& times, O&& outputs) {
  replay(std::forward<T>(times), std::forward<O>(outputs));
};

}  // namespace

// What refers to a temporary would dangle.
static_assert(replays<Times&, Outputs&> && !replays<Times, Outputs&> && !replays<Times&, Outputs>);
static_assert(std::is_constructible_v<ReplayBlock<3>, Times&, Outputs&, std::size_t>);
static_assert(!std::is_constructible_v<ReplayBlock<3>, Times, Outputs&, std::size_t>);
static_assert(!std::is_constructible_v<ReplayBlock<3>, Times&, Outputs, std::size_t>);

TEST_CASE("a replayed profile takes its times and yields its outputs", "[profile][replay]") {
  const TimeProfile<3> times{{1, 2, 4}, {0.5, 0.25, 0.125}};
  const ConfidenceProfile<3> outputs{
      {{0.1f, 0.2f, 0.3f}, {0.4f, 0.5f, 0.6f}}, {{1, 2, 3}, {4, 5, 6}}, {1, 6}};
  const auto blocks = replay(times, outputs);
  static_assert(elastic_block<ReplayBlock<3>, ReplayedSample, Answer>);
  VirtualTime time;
  ReplayedSample on{1, &time};
  for (const auto& part : blocks) part.advance(on);
  CHECK(time.seconds() == 7);
  CHECK(blocks[2].classify(on) == Answer{6, 0.6f});
  CHECK(time.seconds() == 7.125);
}

TEST_CASE("the runner on a replayed profile follows the plan to the second", "[profile][replay]") {
  const TimeProfile<3> times{{1, 1, 1}, {0.25, 0.25, 0.25}};
  const ConfidenceProfile<3> outputs{{{0.5f, 0.6f, 0.99f}}, {{1, 2, 3}}, {3}};
  const auto blocks = replay(times, outputs);
  VirtualTime time;
  LocalSlot<Answer> slot;
  ElasticRunner runner{blocks, Planner{times, PriorPredictor<3>{{0.5f, 0.7f, 0.9f}}}, slot,
                       VirtualClock{time}};
  ReplayedSample on{0, &time};
  const auto result = runner.run(on);
  double expected = 0;
  const std::size_t last = *result.exit;
  for (std::size_t k = 0; k <= last; ++k)
    expected += times.conv[k] + (result.ran.contains(k) ? times.branch[k] : 0);
  CHECK_THAT(result.elapsed, WithinAbs(expected, 1e-12));
  CHECK(outputs.correct(0, 2));
  CHECK_FALSE(outputs.correct(0, 1));
}

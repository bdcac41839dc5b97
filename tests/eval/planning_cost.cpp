#include "catch.hpp"
#include "eval/fixture.hpp"

#include <einet/einet.hpp>
#include <einet/eval/planning_cost.hpp>

#include <array>
#include <random>
#include <span>

using namespace einet;

namespace {

/// A clock that moves only by what the tested parts say they take.
struct Told {
  const double* time;
  double now() const noexcept { return *time; }
};

/// Planning takes 0 to 99 seconds, each once in 100 times, in mixed order.
struct Timed {
  static constexpr std::size_t exits = 4;
  static constexpr std::size_t inputs = 1;
  double* time;
  int* plannings;
  std::array<float, 4> worths{.4f, .5f, .6f, .7f};
  void reset() noexcept {}
  void observe(std::size_t, std::span<const float, 1>) noexcept { *time += 37 * (*plannings)++ % 100; }
  const std::array<float, 4>& confidences() const noexcept { return worths; }
};

/// Takes 1000 seconds to observe an output.
struct Dawdling {
  static constexpr std::size_t inputs = 1;
  double* time;
  template <class Output>
  std::array<float, 1> operator()(const Output& output, const Output*) const noexcept {
    *time += 1000;
    return {confidence(output)};
  }
};

}  // namespace

TEST_CASE("the cost of planning is the median over plannings, from the output on", "[eval][planning_cost]") {
  std::mt19937_64 random(51);
  const auto outputs = test::random_profile<4>(random, 25);
  const TimeProfile<4> times{{1, 1, 1, 1}, {0.1, 0.1, 0.1, 0.1}};
  double time = 0;
  int plannings = 0;
  const Planner planner{times, Timed{&time, &plannings}, FixedPlan<4>{{0, 1, 2, 3}}};
  const auto blocks = replay(times, outputs);
  const double cost =
      eval::median_planning_seconds(planner, blocks, 25, Dawdling{&time}, NewestAnswer{}, Told{&time});
  REQUIRE(plannings == 100);
  CHECK(cost >= 1049);  // between the two in the middle
  CHECK(cost <= 1050);
}

TEST_CASE("planning costs something where there is a plan, nothing where there is none",
          "[eval][planning_cost]") {
  std::mt19937_64 random(51);
  const auto outputs = test::random_profile<4>(random, 20);
  const TimeProfile<4> times{{1, 1, 1, 1}, {0.1, 0.1, 0.1, 0.1}};
  const PriorPredictor<4> prior{outputs.accuracy()};
  CHECK(eval::median_planning_seconds(Planner{times, prior}, outputs) > 0);
  CHECK(eval::median_planning_seconds(Planner{times, prior}, outputs, 0) == 0);
  CHECK(eval::median_planning_seconds(Planner{times, prior, FixedPlan<4>{}}, outputs) == 0);
}

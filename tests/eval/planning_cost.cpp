#include "catch.hpp"
#include "eval/fixture.hpp"

#include <einet/einet.hpp>
#include <einet/eval/planning_cost.hpp>

#include <chrono>
#include <random>
#include <span>
#include <thread>

using namespace einet;

namespace {

/// Takes two milliseconds for every observation.
struct Slow {
  static constexpr std::size_t exits = 4;
  static constexpr std::size_t inputs = 2;
  std::array<float, 4> worths{.4f, .5f, .6f, .7f};
  void reset() noexcept {}
  void observe(std::size_t, std::span<const float, 2>) noexcept {
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  const std::array<float, 4>& confidences() const noexcept { return worths; }
};

}  // namespace

TEST_CASE("planning costs something where there is a plan, nothing where there is none",
          "[eval][planning_cost]") {
  std::mt19937_64 random(51);
  const auto outputs = test::random_profile<4>(random, 20);
  const TimeProfile<4> times{{1, 1, 1, 1}, {0.1, 0.1, 0.1, 0.1}};
  const PriorPredictor<4> prior{outputs.accuracy()};
  CHECK(eval::median_planning_seconds(Planner{times, prior}, outputs) > 0);
  CHECK(eval::median_planning_seconds(Planner{times, prior, FixedPlan<4>{}}, outputs) == 0);
  const Planner slow{times, Slow{}, FixedPlan<4>{{0, 3}}};
  CHECK(eval::median_planning_seconds(slow, outputs, 3, WithAgreement{}) >= 2e-3);
  CHECK(eval::median_planning_seconds(slow, outputs, 0, WithAgreement{}) == 0);
}

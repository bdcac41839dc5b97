#include "../../catch.hpp"

#include <einet/nn/training/loss_weights.hpp>

#include <array>
#include <numeric>
#include <stdexcept>

using namespace einet;
using einet::test::WithinAbs;

TEST_CASE("plan-aware weights are half even, half in proportion to the time in hand", "[nn][loss_weights]") {
  // Exit 1 costs far too much to run, exits 0 and 2 are free: outputs at 1 s and 21 s of T = 41 s (part 1
  // takes 1 s).
  const TimeProfile<3> times{{1, 1, 19}, {0, 20, 0}};
  const auto weights = nn::plan_aware_weights(times, std::array<float, 3>{0.5f, 0.51f, 0.9f});
  CHECK_THAT(weights[0], WithinAbs(0.5 + 1.5 * 20 / 40, 1e-6));
  CHECK_THAT(weights[1], WithinAbs(0.5, 1e-6));
  CHECK_THAT(weights[2], WithinAbs(0.5 + 1.5 * 20 / 40, 1e-6));
}

TEST_CASE("loss weights sum to the number of exits", "[nn][loss_weights]") {
  const TimeProfile<4> times{{1, 2, 1, 3}, {0.5, 0.1, 0.4, 0.2}};
  for (const auto& weights : {nn::even_weights<4>(), nn::plan_aware_weights(times, {0.4f, 0.6f, 0.7f, 0.8f}),
                              nn::plan_aware_weights(times, {0.f, 0.f, 0.f, 0.f})})
    CHECK_THAT(std::accumulate(weights.begin(), weights.end(), 0.0), WithinAbs(4, 1e-5));
  CHECK_THROWS_AS(nn::plan_aware_weights(TimeProfile<4>{}, {}), std::invalid_argument);
}

TEST_CASE("weights for the last exit alone are 0 for all others", "[nn][loss_weights]") {
  CHECK(nn::last_exit_weights<3>() == std::array<float, 3>{0.f, 0.f, 1.f});
  CHECK(nn::last_exit_weights<1>() == nn::even_weights<1>());
}

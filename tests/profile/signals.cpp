#include "catch.hpp"

#include <einet/profile/signals.hpp>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace {

using einet::ConfidenceProfile;
using einet::ExitPlan;
using einet::test::WithinAbs;

TEST_CASE("the shape of an output is that of its probabilities", "[profile][signals]") {
  const std::vector<float> all{std::log(.5f), std::log(.25f), std::log(.25f)};
  const auto shape = einet::output_shape(all, 0);
  CHECK_THAT(shape.confidence, WithinAbs(.5f, 1e-6));
  CHECK_THAT(shape.margin, WithinAbs(std::log(2.f), 1e-6));
  CHECK_THAT(shape.entropy, WithinAbs(1.5f * std::log(2.f), 1e-6));
  // Two further classes share the quarter that is not listed.
  const auto part = einet::output_shape(std::span(all).first(2), 2);
  CHECK_THAT(part.entropy, WithinAbs(1.75f * std::log(2.f), 1e-6));
}

TEST_CASE("an output that is sure beyond doubt has a finite shape", "[profile][signals]") {
  const std::vector<float> sure{0.f, -HUGE_VALF, -HUGE_VALF};
  const auto shape = einet::output_shape(sure, 7);
  CHECK(shape.confidence == 1.f);
  CHECK(shape.margin == 30.f);
  CHECK(shape.entropy == 0.f);
}

TEST_CASE("fitting samples of a profile tell confidence and correctness", "[profile][signals]") {
  const ConfidenceProfile<2> profile{{{.25f, 1.f}, {.5f, .75f}}, {{1, 2}, {1, 1}}, {1, 2}};
  const auto samples = confidence_samples(profile);
  CHECK(samples.signals[0][1][0] == 1.f);
  CHECK(samples.signals[1][0][0] == .5f);
  CHECK(samples.correct == std::vector<std::array<bool, 2>>{{true, false}, {false, false}});
  CHECK_NOTHROW(validate(samples.view(), einet::Target::correctness));
}

TEST_CASE("an answer agrees with the one in hand under the plan, not with one that was skipped",
          "[profile][signals]") {
  const ConfidenceProfile<4> profile{{{.5f, .5f, .5f, .5f}}, {{3, 4, 3, 4}}, {3}};
  const std::vector<float> tops(8, std::log(.5f));
  const auto agreement = [&](const ExitPlan<4>& plan) {
    const auto samples = shape_samples(profile, tops, 2, 2, plan);
    std::array<float, 4> agrees{};
    for (std::size_t k = 0; k < 4; ++k) agrees[k] = samples.signals[0][k][3];
    return agrees;
  };
  CHECK(agreement({0, 1, 2, 3}) == std::array<float, 4>{1, 0, 0, 0});
  CHECK(agreement({0, 2}) == std::array<float, 4>{1, 0, 1, 0});
  CHECK(agreement({}) == std::array<float, 4>{1, 1, 1, 1});
  CHECK_THROWS_AS(shape_samples(profile, tops, 3, 3, ExitPlan<4>{}), std::invalid_argument);
  CHECK_THROWS_AS(shape_samples(profile, std::span(tops).first(4), 1, 3, ExitPlan<4>{}),
                  std::invalid_argument);
}

}  // namespace

#include "catch.hpp"

#include <einet/run/output_shape.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <span>

using namespace einet;
using einet::test::WithinAbs;

TEST_CASE("the shape of an output is that of its probabilities", "[run][output_shape]") {
  const std::array<float, 3> all{.25f, .5f, .25f};
  const auto shape = output_shape(all);
  CHECK_THAT(shape.margin, WithinAbs(std::log(2.f), 1e-6));
  CHECK_THAT(shape.entropy, WithinAbs(1.5f * std::log(2.f), 1e-6));
  // Two further classes share the quarter that is not listed.
  CHECK_THAT(output_shape(std::span(all).first(2), 2).entropy, WithinAbs(1.75f * std::log(2.f), 1e-6));
  CHECK_THAT(output_shape(std::span(all).first(2), 2).margin, WithinAbs(std::log(2.f), 1e-6));
}

TEST_CASE("margin and entropy of a softmax are those of its logits", "[run][output_shape]") {
  const unsigned seed = 5;
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 4);
  for (int i = 0; i < 200; ++i) {
    std::array<float, 9> logits{};
    for (float& logit : logits) logit = normal(random);
    double sum = 0, weighted = 0, first = -HUGE_VAL, second = -HUGE_VAL;
    for (const float logit : logits) {
      const auto x = static_cast<double>(logit);
      sum += std::exp(x);
      weighted += x * std::exp(x);
      second = (std::max)(second, (std::min)(first, x));
      first = (std::max)(first, x);
    }
    const auto answer = softmax_shaped(std::span<const float, 9>(logits));
    const auto read = shape(answer);
    CHECK_THAT(read.margin, WithinAbs(first - second, 2e-5));
    CHECK_THAT(read.entropy, WithinAbs(std::log(sum) - weighted / sum, 2e-5));
    CHECK(logits[static_cast<std::size_t>(answer.label)] == static_cast<float>(first));
    CHECK_THAT(confidence(answer), WithinAbs(std::exp(first) / sum, 1e-6));
  }
}

TEST_CASE("an output that is certain, and one that knows nothing, have a finite shape",
          "[run][output_shape]") {
  const std::array<float, 3> sure{0.f, 1.f, 0.f};
  CHECK(output_shape(sure, 7) == OutputShape{30.f, 0.f});
  CHECK(output_shape(std::array<float, 1>{1.f}) == OutputShape{30.f, 0.f});
  CHECK(output_shape(std::array<float, 2>{1.f, 1e-30f}).margin == 30.f);
  const auto even = output_shape(std::array<float, 4>{.25f, .25f, .25f, .25f});
  CHECK(even.margin == 0.f);
  CHECK_THAT(even.entropy, WithinAbs(std::log(4.f), 1e-6));
  CHECK(output_shape(std::array<float, 2>{0.f, 0.f}) == OutputShape{0.f, 0.f});
}

TEST_CASE("invalid probabilities leave the shape finite", "[run][output_shape]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK(output_shape(std::array<float, 3>{nan, .5f, -2.f}, 1) ==
        output_shape(std::array<float, 3>{0.f, .5f, 0.f}, 1));
  CHECK(output_shape(std::array<float, 2>{infinity, nan}) == output_shape(std::array<float, 2>{1.f, 0.f}));
}

#pragma once
// A step on random maps, value by value against a function.

#include "catch.hpp"

#include <einet/nn/inference/step.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <random>
#include <span>
#include <vector>

namespace einet::test {

/// Maps at random places of an arena, at pitches wider than their channels.
struct StepBench {
  explicit StepBench(nn::Shape shape, std::size_t count, unsigned seed) : random(seed) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t pitch = shape.channels + random() % 7;
      at += random() % 5;
      places.push_back({at, shape, pitch});
      at += shape.pixels() * pitch;
    }
    std::normal_distribution<float> normal;
    before.resize(at + 9);
    std::generate(before.begin(), before.end(), [&] { return 3 * normal(random); });
  }

  /// Runs a step from all places but the last to the last, and compares with of(value of each input,
  /// channel).
  void check(const nn::Step& step, const std::function<float(std::vector<float>, std::size_t)>& of,
             double tolerance = 0.) {
    std::vector<float> arena = before, scratch(step.scratch());
    nn::PacedStop never;
    const std::span<const nn::Place> inputs(places.data(), places.size() - 1);
    REQUIRE(step.run({arena.data(), inputs, places.back(), scratch.data()}, never));
    const nn::Place& out = places.back();
    std::vector<float> expected = before;
    for (std::size_t pixel = 0; pixel < out.shape.pixels(); ++pixel)
      for (std::size_t c = 0; c < out.shape.channels; ++c) {
        std::vector<float> values;
        for (const nn::Place& in : inputs) values.push_back(before[in.offset + pixel * in.pitch + c]);
        expected[out.offset + pixel * out.pitch + c] = of(values, c);
      }
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < arena.size(); ++i) {
      const bool same =
          std::isnan(expected[i])
              ? std::isnan(arena[i])
              : std::abs(static_cast<double>(arena[i]) - static_cast<double>(expected[i])) <= tolerance;
      wrong += same ? 0 : 1;
    }
    CHECK(wrong == 0);  // nothing else was written either
  }

  std::mt19937 random;
  std::vector<nn::Place> places;
  std::vector<float> before;
};

inline float relu_of(float x) {
  return x < 0.f ? 0.f : x;
}
inline float silu_of(float x) {
  return x / (1.f + std::exp(-x));
}

}  // namespace einet::test

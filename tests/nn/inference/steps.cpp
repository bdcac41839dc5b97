#include "../step_bench.hpp"

#include <einet/nn/inference/steps.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <random>
#include <vector>

using namespace einet;
using test::relu_of;
using test::silu_of;
using test::StepBench;

TEST_CASE("steps compute pixel by pixel, from and to slices of wider maps, and write nothing else",
          "[nn][steps]") {
  for (const std::size_t channels : {1u, 3u, 8u, 19u, 37u}) {
    CAPTURE(channels);
    const nn::Shape shape{3, 5, channels};
    AlignedVector<float> factor(channels), shift(channels);
    for (std::size_t c = 0; c < channels; ++c) {
      factor[c] = static_cast<float>(c) - 2.f;
      shift[c] = .25f * static_cast<float>(c);
    }
    StepBench one(shape, 2, 1), two(shape, 3, 2);
    const auto scaled = [&](float x, std::size_t c) { return x * factor[c] + shift[c]; };
    one.check(
        nn::ScaleStep(factor, shift, {}), [&](auto x, std::size_t c) { return scaled(x[0], c); }, 1e-4);
    one.check(
        nn::ScaleStep(factor, shift, {nn::Activation::relu}),
        [&](auto x, std::size_t c) { return relu_of(scaled(x[0], c)); }, 1e-4);
    one.check(
        nn::ScaleStep(factor, shift, {nn::Activation::silu}),
        [&](auto x, std::size_t c) { return silu_of(scaled(x[0], c)); }, 1e-3);
    one.check(nn::ActivationStep({}), [](auto x, std::size_t) { return x[0]; });
    one.check(nn::ActivationStep({nn::Activation::relu}), [](auto x, std::size_t) { return relu_of(x[0]); });
    one.check(nn::ActivationStep({nn::Activation::leaky_relu, .5f}),
              [](auto x, std::size_t) { return x[0] < 0.f ? .5f * x[0] : x[0]; });
    two.check(nn::SumStep({}), [](auto x, std::size_t) { return x[0] + x[1]; });
    two.check(nn::SumStep({nn::Activation::relu6}),
              [](auto x, std::size_t) { return std::min(6.f, relu_of(x[0] + x[1])); });
    two.check(
        nn::SumStep({nn::Activation::silu}), [](auto x, std::size_t) { return silu_of(x[0] + x[1]); }, 1e-4);
  }
}

TEST_CASE("NaN passes through every step", "[nn][steps]") {
  const nn::Shape shape{2, 2, 11};
  StepBench two(shape, 3, 3);
  std::fill(two.before.begin(), two.before.end(), std::numeric_limits<float>::quiet_NaN());
  const auto nan = [](auto, std::size_t) { return std::numeric_limits<float>::quiet_NaN(); };
  two.check(nn::SumStep({nn::Activation::relu}), nan);
  two.check(nn::ActivationStep({nn::Activation::relu6}), nan);
  two.check(nn::ScaleStep(AlignedVector<float>(11, 0.f), AlignedVector<float>(11), {nn::Activation::relu}),
            nan);
}

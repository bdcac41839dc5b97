#include "../../catch.hpp"

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

namespace {

/// Maps at random places of an arena, at pitches wider than their channels.
struct Bench {
  explicit Bench(nn::Shape shape, std::size_t count, unsigned seed) : random(seed) {
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

float relu_of(float x) {
  return x < 0.f ? 0.f : x;
}
float silu_of(float x) {
  return x / (1.f + std::exp(-x));
}

}  // namespace

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
    Bench one(shape, 2, 1), two(shape, 3, 2);
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
  Bench two(shape, 3, 3);
  std::fill(two.before.begin(), two.before.end(), std::numeric_limits<float>::quiet_NaN());
  const auto nan = [](auto, std::size_t) { return std::numeric_limits<float>::quiet_NaN(); };
  two.check(nn::SumStep({nn::Activation::relu}), nan);
  two.check(nn::ActivationStep({nn::Activation::relu6}), nan);
  two.check(nn::ScaleStep(AlignedVector<float>(11, 0.f), AlignedVector<float>(11), {nn::Activation::relu}),
            nan);
}

TEST_CASE("a convolution adds its second input before the activation", "[nn][steps]") {
  for (const std::size_t groups : {1u, 6u})
    for (const nn::Activation activation :
         {nn::Activation::none, nn::Activation::relu, nn::Activation::silu}) {
      CAPTURE(groups, static_cast<int>(activation));
      const nn::ConvShape shape{{3, 5, 6}, 6, 1, 1, 0, 1, groups};
      std::vector<float> weights(shape.weights(), 0.f);
      for (std::size_t c = 0; c < 6; ++c) weights[groups == 1 ? 7 * c : c] = 2.f;  // twice the identity
      const std::vector<float> bias(6, .5f);
      using Pack = std::variant<nn::PackedConv<>, nn::PackedDepthwise>;
      const auto packed = [&]() -> Pack {
        if (groups == 1) return nn::PackedConv<>(shape, weights, bias);
        return nn::PackedDepthwise(shape, weights, bias);
      };
      const auto activated = [&](float x) {
        return activation == nn::Activation::none
                   ? x
                   : (activation == nn::Activation::relu ? relu_of(x) : silu_of(x));
      };
      Bench one({3, 5, 6}, 2, 4), two({3, 5, 6}, 3, 5);
      const nn::ConvStep step(packed(), {activation});
      one.check(
          step, [&](auto x, std::size_t) { return activated(2.f * x[0] + .5f); }, 1e-4);
      two.check(
          step, [&](auto x, std::size_t) { return activated(2.f * x[0] + .5f + x[1]); }, 1e-4);
    }
}

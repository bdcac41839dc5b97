#pragma once
// Layer normalisation (Ba et al., 2016) over the channels of every pixel by itself, as of a transformer's
// tokens.

#include <einet/base/aligned.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/kernels/lanes.hpp>
#include <einet/nn/kernels/partial_sums.hpp>
#include <einet/nn/layer.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace einet::nn {

namespace detail {

/// Mean of a pixel's channels, and 1 / √(variance + ε).
struct PixelMoments {
  float mean, inverse_deviation;
};

[[nodiscard]] inline PixelMoments pixel_moments(const float* x, std::size_t channels,
                                                float epsilon) noexcept {
  const auto count = static_cast<double>(channels);
  double sum = 0.;
  for (std::size_t c = 0; c < channels; ++c) sum += static_cast<double>(x[c]);
  const double mean = sum / count;
  double squares = 0.;
  for (std::size_t c = 0; c < channels; ++c) {
    const double offset = static_cast<double>(x[c]) - mean;
    squares += offset * offset;
  }
  return {static_cast<float>(mean),
          static_cast<float>(1. / std::sqrt(squares / count + static_cast<double>(epsilon)))};
}

/// y = weight · (x − mean) / √(variance + ε) + bias of one pixel.
inline void normalise_pixel(const float* x, const float* weight, const float* bias, float epsilon, float* y,
                            std::size_t channels) noexcept {
  const PixelMoments moments = pixel_moments(x, channels, epsilon);
  over_lanes<xsimd::default_arch>(channels, [=]<class V>(std::size_t c) {
    const V offset = (load<V>(x + c) - V(moments.mean)) * V(moments.inverse_deviation);
    store(y + c, multiply_add(offset, load<V>(weight + c), load<V>(bias + c)));
  });
}

}  // namespace detail

/// y = weight · (x − mean) / √(variance + ε) + bias, with mean and (biased) variance over the channels of
/// each pixel.
class LayerNorm final : public Layer {
 public:
  /// Throws std::invalid_argument naming what is wrong.
  explicit LayerNorm(std::size_t channels, float epsilon = 1e-5f)
      : epsilon_(epsilon), weight_({channels}, 1.f), bias_({channels}) {
    detail::at_least(kind(), "channels", channels);
    einet::detail::expect(epsilon > 0.f && is_finite(epsilon), kind(), "epsilon", epsilon,
                          "a finite number above 0");
  }

  [[nodiscard]] std::string_view kind() const noexcept override { return "layer_norm"; }
  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    const Shape input = detail::only(kind(), inputs);
    if (input.channels != weight_.size())
      detail::refuse_input(kind(), input, std::to_string(weight_.size()) + " channels");
    return input;
  }
  [[nodiscard]] std::vector<Parameter> parameters() override {
    return {{"weight", &weight_}, {"bias", &bias_}};
  }

  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    const std::span<const float> weight = weight_.values(), bias = bias_.values();
    return to.step(inputs, inputs[0].shape,
                   [weights = AlignedVector<float>(weight.begin(), weight.end()),
                    biases = AlignedVector<float>(bias.begin(), bias.end()),
                    epsilon = epsilon_](const StepMaps& maps, PacedStop& stop) noexcept {
                     const MapView<const float> x = maps.in();
                     const MapView<float> y = maps.out();
                     for (std::size_t pixel = 0; pixel < x.shape.pixels(); ++pixel) {
                       detail::normalise_pixel(x.pixel(pixel), weights.data(), biases.data(), epsilon,
                                               y.pixel(pixel), x.shape.channels);
                       if (stop.after(3 * memory_work * x.shape.channels)) return false;
                     }
                     return true;
                   });
  }

  void forward(const ForwardPass& pass) override {
    const std::size_t channels = pass.shape.channels;
    const float* const weight = weight_.values().data();
    const float* const bias = bias_.values().data();
    pass.workers->each(pass.batch * pass.shape.pixels(), detail::grain_of(channels), [&](std::size_t pixel) {
      detail::normalise_pixel(pass.inputs[0].data + pixel * channels, weight, bias, epsilon_,
                              pass.output + pixel * channels, channels);
    });
  }

  void backward(const BackwardPass& pass) override {
    const std::size_t channels = pass.shape.channels, pixels = pass.batch * pass.shape.pixels();
    const float* const weight = weight_.values().data();
    float* const dx = pass.input_gradients[0];
    const auto sum = [&](float* dw, std::size_t first, std::size_t last) {
      for (std::size_t at = first * channels; at < last * channels; at += channels)
        differentiate(pass.inputs[0].data + at, pass.gradient + at, weight, dw, dw + channels,
                      dx == nullptr ? nullptr : dx + at, channels);
    };
    const float* const total = detail::summed(*pass.workers, pixels, 2 * channels, sum);
    std::copy_n(total, channels, pass.parameter_gradients[0].begin());
    std::copy_n(total + channels, channels, pass.parameter_gradients[1].begin());
  }

 private:
  /// One pixel; adds to dw and db.
  void differentiate(const float* x, const float* dy, const float* weight, float* dw, float* db, float* dx,
                     std::size_t channels) const noexcept {
    const auto [mean, inverse] = detail::pixel_moments(x, channels, epsilon_);
    double sum = 0., product = 0.;
    for (std::size_t c = 0; c < channels; ++c) {
      const float normal = (x[c] - mean) * inverse;
      dw[c] += dy[c] * normal;
      db[c] += dy[c];
      const double scaled = static_cast<double>(dy[c] * weight[c]);
      sum += scaled;
      product += scaled * static_cast<double>(normal);
    }
    if (dx == nullptr) return;
    const auto count = static_cast<double>(channels);
    const auto level = static_cast<float>(sum / count), slope = static_cast<float>(product / count);
    for (std::size_t c = 0; c < channels; ++c)
      dx[c] = inverse * (dy[c] * weight[c] - level - (x[c] - mean) * inverse * slope);
  }

  float epsilon_;
  Weights weight_, bias_;
};

/// Layer normalisation of every pixel of x.
inline Map layer_norm(const Map& x, float epsilon = 1e-5f, std::string name = {}) {
  return add(LayerNorm(x.shape().channels, epsilon), x, std::move(name));
}

}  // namespace einet::nn

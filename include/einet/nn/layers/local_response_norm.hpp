#pragma once
// Local response normalisation (Krizhevsky et al., 2012).

#include <einet/base/expect.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/layer.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace einet::nn {

struct LocalResponseNormOptions {
  std::size_t size = 5;  ///< channels that share their response, the value's own in the middle
  float alpha = 1e-4f;
  float beta = .75f;
  float k = 1.f;
};

/// y = x / s^β with s = k + α / size · Σ x² over the nearest `size` channels of a pixel; channels beyond the
/// map count as 0. As PyTorch's LocalResponseNorm.
class LocalResponseNorm final : public Layer {
 public:
  /// Throws std::invalid_argument unless size ≥ 1, α and β are finite and not negative, and k is positive.
  explicit LocalResponseNorm(const LocalResponseNormOptions& options = {}) : options_(options) {
    const auto expect = [this](bool sound, const char* field, float value, const char* wanted) {
      einet::detail::expect(sound, kind(), field, value, wanted);
    };
    einet::detail::expect(options.size > 0, kind(), "size", options.size, "at least 1");
    expect(options.alpha >= 0.f && options.alpha <= largest, "alpha", options.alpha,
           "a number of at least 0");
    expect(options.beta >= 0.f && options.beta <= largest, "beta", options.beta, "a number of at least 0");
    expect(options.k > 0.f && options.k <= largest, "k", options.k, "a positive number");
  }

  [[nodiscard]] std::string_view kind() const noexcept override { return "local_response_norm"; }

  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    return detail::only(kind(), inputs);
  }

  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    const auto run = [layer = *this](const StepMaps& maps, PacedStop& stop) noexcept {
      const MapView<const float> x = maps.in();
      const MapView<float> y = maps.out();
      return detail::each_pixel(y.shape, stop, [&](std::size_t pixel) {
        layer.normalise(x.pixel(pixel), y.pixel(pixel), y.shape.channels);
      });
    };
    return to.step(inputs, inputs[0].shape, run);
  }

  void forward(const ForwardPass& pass) override {
    const std::size_t channels = pass.shape.channels;
    pass.workers->each(pass.batch * pass.shape.pixels(), detail::grain_of(channels), [&](std::size_t pixel) {
      normalise(pass.inputs[0].data + pixel * channels, pass.output + pixel * channels, channels);
    });
  }

  void backward(const BackwardPass& pass) override {
    float* const dx = pass.input_gradients[0];
    if (dx == nullptr) return;
    const std::size_t channels = pass.shape.channels;
    pass.workers->each(pass.batch * pass.shape.pixels(), detail::grain_of(channels), [&](std::size_t pixel) {
      const std::size_t at = pixel * channels;
      differentiate(pass.inputs[0].data + at, pass.gradient + at, dx + at, channels);
    });
  }

 private:
  static constexpr float largest = 3e38f;

  [[nodiscard]] float sum(const float* x, std::size_t channel, std::size_t channels) const noexcept {
    const std::size_t before = (std::min)(channel, options_.size / 2);
    const std::size_t after = (std::min)(channels - 1 - channel, (options_.size - 1) / 2);
    float squares = 0.f;
    for (std::size_t c = channel - before; c <= channel + after; ++c) squares += x[c] * x[c];
    return options_.k + options_.alpha / static_cast<float>(options_.size) * squares;
  }

  void normalise(const float* x, float* y, std::size_t channels) const noexcept {
    for (std::size_t c = 0; c < channels; ++c) y[c] = x[c] * std::pow(sum(x, c, channels), -options_.beta);
  }

  void differentiate(const float* x, const float* dy, float* dx, std::size_t channels) const noexcept {
    std::fill_n(dx, channels, 0.f);
    for (std::size_t c = 0; c < channels; ++c) {
      const float s = sum(x, c, channels), scale = std::pow(s, -options_.beta);
      dx[c] += dy[c] * scale;
      const float share =
          2.f * options_.alpha * options_.beta / static_cast<float>(options_.size) * dy[c] * x[c] * scale / s;
      const std::size_t before = (std::min)(c, options_.size / 2);
      const std::size_t after = (std::min)(channels - 1 - c, (options_.size - 1) / 2);
      for (std::size_t near = c - before; near <= c + after; ++near) dx[near] -= share * x[near];
    }
  }

  LocalResponseNormOptions options_;
};

inline Map local_response_norm(const Map& x, const LocalResponseNormOptions& options = {},
                               std::string name = {}) {
  return add(LocalResponseNorm(options), x, std::move(name));
}

}  // namespace einet::nn

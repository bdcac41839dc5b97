#pragma once
// Batch normalisation (Ioffe and Szegedy, 2015) over the channels of maps.

#include <einet/base/aligned.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/kernels/channel_sums.hpp>
#include <einet/nn/kernels/lanes.hpp>
#include <einet/nn/layer.hpp>
#include <einet/nn/layers/activation.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace einet::nn {

/// The constants of batch normalisation.
struct NormOptions {
  float momentum = .1f;
  float epsilon = 1e-5f;
};

/// y = weight · (x − mean) / √(variance + ε) + bias, channel by channel. In training, mean and (biased)
/// variance are the batch's, and the running ones move towards them by `momentum`, with the unbiased
/// variance, as in PyTorch; in evaluation the running ones are used. Absorbs a ReLU.
class BatchNorm final : public Layer {
 public:
  /// Throws std::invalid_argument if channels is 0.
  explicit BatchNorm(std::size_t channels, NormOptions options = {})
      : options_(options),
        weight_({channels}, 1.f),
        bias_({channels}),
        running_mean_({channels}),
        running_variance_({channels}, 1.f) {
    detail::at_least(kind(), "channels", channels);
    einet::detail::expect(options.epsilon > 0.f && is_finite(options.epsilon), kind(), "epsilon",
                          options.epsilon, "a finite number above 0");
    einet::detail::expect(options.momentum >= 0.f && options.momentum <= 1.f, kind(), "momentum",
                          options.momentum, "a number in [0, 1]");
  }

  [[nodiscard]] std::string_view kind() const noexcept override { return "norm"; }

  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    const Shape input = detail::only(kind(), inputs);
    if (input.channels != channels())
      detail::refuse_input(kind(), input, std::to_string(channels()) + " channels");
    return input;
  }

  [[nodiscard]] std::vector<Parameter> parameters() override {
    return {{"weight", &weight_},
            {"bias", &bias_},
            {"running_mean", &running_mean_, false},
            {"running_var", &running_variance_, false}};
  }

  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    AlignedVector<float> scale(channels()), shift(channels());
    running(scale, shift);
    return to.scale(inputs[0], std::move(scale), std::move(shift));
  }

  /// Throws std::invalid_argument in training if a channel has only one value.
  void forward(const ForwardPass& pass) override {
    const float* const x = pass.inputs[0].data;
    const std::size_t pixels = pass.batch * pass.shape.pixels();
    AlignedVector<float> scale(channels()), shift(channels());
    if (pass.training) {
      const std::span<float> mean = pass.kept.first(channels()), factor = pass.kept.last(channels());
      measure(*pass.workers, x, pixels, mean, factor);
      const std::span<const float> weight = weight_.values(), bias = bias_.values();
      for (std::size_t c = 0; c < channels(); ++c) {
        scale[c] = weight[c] * factor[c];
        shift[c] = bias[c] - mean[c] * scale[c];
      }
    } else {
      running(scale, shift);
    }
    const float floor = pass.absorbed != nullptr ? 0.f : -std::numeric_limits<float>::infinity();
    normalise(*pass.workers, x, {pixels, channels()}, scale, shift, floor, pass.output);
  }

  /// The batch's means, then 1 / √(variance + ε).
  [[nodiscard]] std::size_t kept() const noexcept override { return 2 * channels(); }

  void backward(const BackwardPass& pass) override {
    const float* const x = pass.inputs[0].data;
    const std::span<const float> mean = pass.kept.first(channels()), factor = pass.kept.last(channels());
    const std::size_t pixels = pass.batch * pass.shape.pixels();
    const float* const out = pass.absorbed != nullptr ? pass.output : nullptr;
    const Runs runs(pixels, channels());
    const AlignedVector<float> means = runs.repeated(mean);
    const detail::GradientSums<Arch> maps{x, means.data(), pass.gradient, out};
    const auto [sums, products] = detail::channel_sums(*pass.workers, maps, runs, channels());
    const std::span<float> weight_gradient = pass.parameter_gradients[0];
    const std::span<float> bias_gradient = pass.parameter_gradients[1];
    const std::span<const float> weight = weight_.values();
    AlignedVector<float> scale(channels()), slope(channels()), shift(channels());
    for (std::size_t c = 0; c < channels(); ++c) {
      bias_gradient[c] = static_cast<float>(sums[c]);
      weight_gradient[c] = static_cast<float>(products[c] * static_cast<double>(factor[c]));
      scale[c] = weight[c] * factor[c];
      slope[c] = -scale[c] * factor[c] * weight_gradient[c] / static_cast<float>(pixels);
      shift[c] = -scale[c] * bias_gradient[c] / static_cast<float>(pixels);
    }
    if (float* const dx = pass.input_gradients[0])
      denormalise(*pass.workers, maps, runs, scale, slope, shift, dx);
  }

  [[nodiscard]] bool absorbs(const Layer& next) const noexcept override {
    return next.activation() == Activation::relu;
  }

 private:
  using Arch = xsimd::default_arch;
  using Runs = detail::PixelRuns<Arch>;

  [[nodiscard]] std::size_t channels() const noexcept { return weight_.size(); }
  [[nodiscard]] float inverse_deviation(float variance) const noexcept {
    return 1.f / std::sqrt(variance + options_.epsilon);
  }

  void running(AlignedVector<float>& scale, AlignedVector<float>& shift) const {
    const std::span<const float> weight = weight_.values(), bias = bias_.values();
    const std::span<const float> mean = running_mean_.values(), variance = running_variance_.values();
    for (std::size_t c = 0; c < channels(); ++c) {
      scale[c] = weight[c] * inverse_deviation(variance[c]);
      shift[c] = bias[c] - mean[c] * scale[c];
    }
  }

  /// Writes the batch's means and 1 / √(variance + ε), and moves the running statistics.
  void measure(Workers& workers, const float* x, std::size_t pixels, std::span<float> mean,
               std::span<float> factor) {
    if (pixels < 2) EINET_THROW(std::invalid_argument("norm: training needs more than one value a channel"));
    const std::span<float> means = running_mean_.values(), variances = running_variance_.values();
    // Sums about the first values instead of 0 lose no digits where the mean is large.
    const Runs runs(pixels, channels());
    const AlignedVector<float> pivot = runs.repeated({x, channels()});
    const auto [sums, squares] =
        detail::channel_sums(workers, detail::MomentSums<Arch>{x, pivot.data()}, runs, channels());
    const auto count = static_cast<double>(pixels);
    for (std::size_t c = 0; c < channels(); ++c) {
      const double offset = sums[c] / count;
      // NaN must not become a variance of 0.
      const double raw = squares[c] / count - offset * offset;
      const double variance = raw < 0. ? 0. : raw;
      mean[c] = static_cast<float>(static_cast<double>(x[c]) + offset);
      factor[c] = inverse_deviation(static_cast<float>(variance));
      means[c] += options_.momentum * (mean[c] - means[c]);
      const auto unbiased = static_cast<float>(variance * count / (count - 1.));
      variances[c] += options_.momentum * (unbiased - variances[c]);
    }
  }

  static void normalise(Workers& workers, const float* x, const Runs& runs, std::span<const float> scale,
                        std::span<const float> shift, float floor, float* y) {
    const AlignedVector<float> factor = runs.repeated(scale), offset = runs.repeated(shift);
    workers.pieces(runs.count(), detail::grain_of(runs.width()), [&](std::size_t first, std::size_t last) {
      runs.over(first, last, [&]<class V>(std::size_t c, std::size_t at, std::size_t end) {
        const V a = detail::load<V>(factor.data() + c), b = detail::load<V>(offset.data() + c), low(floor);
        for (std::size_t i = at; i < end; i += runs.width()) {
          const V value = detail::multiply_add(detail::load<V>(x + i), a, b);
          detail::store(y + i, detail::choose(value < low, low, value));
        }
      });
    });
  }

  static void denormalise(Workers& workers, const detail::GradientSums<Arch>& maps, const Runs& runs,
                          std::span<const float> scale, std::span<const float> slope,
                          std::span<const float> shift, float* dx) {
    const AlignedVector<float> scales = runs.repeated(scale), slopes = runs.repeated(slope),
                               shifts = runs.repeated(shift);
    workers.pieces(runs.count(), detail::grain_of(runs.width()), [&](std::size_t first, std::size_t last) {
      runs.over(first, last, [&]<class V>(std::size_t c, std::size_t at, std::size_t end) {
        const V a = detail::load<V>(scales.data() + c), b = detail::load<V>(slopes.data() + c);
        const V d = detail::load<V>(shifts.data() + c), mean = detail::load<V>(maps.mean + c);
        for (std::size_t i = at; i < end; i += runs.width()) {
          const V offset = detail::load<V>(maps.x + i) - mean;
          detail::store(dx + i, detail::multiply_add(a, maps.template gradient<V>(i),
                                                     detail::multiply_add(b, offset, d)));
        }
      });
    });
  }

  NormOptions options_;
  Weights weight_, bias_, running_mean_, running_variance_;
};

/// Batch normalisation of x.
inline Map norm(const Map& x, std::string name = {}) {
  return add(BatchNorm(x.shape().channels), x, std::move(name));
}
/// The same with options.
inline Map norm(const Map& x, NormOptions options, std::string name = {}) {
  return add(BatchNorm(x.shape().channels, options), x, std::move(name));
}

}  // namespace einet::nn

#pragma once
// Local response normalisation (Krizhevsky et al., 2012) across neighbouring channels.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/kernels/lanes.hpp>
#include <einet/nn/layer.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace einet::nn {

/// As of PyTorch's LocalResponseNorm.
struct ResponseNormOptions {
  std::size_t size = 5;  ///< channels whose squares are summed; of an even size, one more before than after
  float alpha = 1e-4f;
  float beta = .75f;
  float k = 1.f;
};

/// y = x / (k + alpha / size · Σ x²)^beta, where the sum is over `size` channels around each; channels that
/// are not there count as zeros.
class LocalResponseNorm final : public Layer {
 public:
  /// Throws std::invalid_argument naming the option that is wrong.
  explicit LocalResponseNorm(const ResponseNormOptions& options = {}) : options_(options) {
    detail::at_least(kind(), "size", options.size);
    einet::detail::expect(options.size <= detail::longest_side, kind(), "size", options.size,
                          "at most " + einet::detail::number(detail::longest_side));
    const auto finite = [&](float value, const char* field) {
      einet::detail::expect(value >= 0.f && is_finite(value), kind(), field, value,
                            "a finite number, not below 0");
    };
    finite(options.alpha, "alpha");
    finite(options.beta, "beta");
    einet::detail::expect(options.k > 0.f && is_finite(options.k), kind(), "k", options.k,
                          "a finite number above 0");
  }

  [[nodiscard]] std::string_view kind() const noexcept override { return "local_response_norm"; }
  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    return detail::only(kind(), inputs);
  }

  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    return to.step(
        inputs, inputs[0].shape,
        [own = *this](const StepMaps& maps, PacedStop& stop) noexcept {
          const MapView<const float> x = maps.in();
          const MapView<float> y = maps.out();
          const std::size_t channels = x.shape.channels;
          std::fill_n(maps.scratch(), own.padded(channels), 0.f);
          for (std::size_t pixel = 0; pixel < x.shape.pixels(); ++pixel) {
            own.normalise(x.pixel(pixel), y.pixel(pixel), channels, maps.scratch());
            if (stop.after(channels * (own.options_.size + 4 * memory_work))) return false;
          }
          return true;
        },
        padded(inputs[0].shape.channels));
  }

  void forward(const ForwardPass& pass) override {
    const std::size_t channels = pass.shape.channels;
    pass.workers->pieces(pass.batch * pass.shape.pixels(), detail::grain_of(channels),
                         [&](std::size_t first, std::size_t last) {
                           float* const scratch = pass.workers->scratch(padded(channels));
                           std::fill_n(scratch, padded(channels), 0.f);
                           for (std::size_t pixel = first; pixel < last; ++pixel)
                             normalise(pass.inputs[0].data + pixel * channels, pass.output + pixel * channels,
                                       channels, scratch);
                         });
  }

  void backward(const BackwardPass& pass) override {
    float* const dx = pass.input_gradients[0];
    if (dx == nullptr) return;
    const std::size_t channels = pass.shape.channels;
    pass.workers->pieces(pass.batch * pass.shape.pixels(), detail::grain_of(channels),
                         [&](std::size_t first, std::size_t last) {
                           float* const scratch = pass.workers->scratch(2 * padded(channels));
                           std::fill_n(scratch, 2 * padded(channels), 0.f);
                           for (std::size_t at = first * channels; at < last * channels; at += channels)
                             differentiate(pass.inputs[0].data + at, pass.gradient + at, dx + at, channels,
                                           scratch);
                         });
  }

 private:
  /// Channels with zeros on both sides, as far as windows reach.
  [[nodiscard]] std::size_t padded(std::size_t channels) const noexcept {
    return channels + options_.size - 1;
  }

  /// k + alpha / size · Σ x² of the channel, from padded squares.
  template <class V>
  [[nodiscard]] V base(const float* squares, std::size_t c) const noexcept {
    V sum(0.f);
    for (std::size_t i = 0; i < options_.size; ++i) sum = sum + detail::load<V>(squares + c + i);
    return detail::multiply_add(V(options_.alpha / static_cast<float>(options_.size)), sum, V(options_.k));
  }
  /// base^(−beta).
  template <class V>
  [[nodiscard]] V share(const V& base) const noexcept {
    using std::sqrt;
    using xsimd::sqrt;
    if (options_.beta == .75f) {
      const V root = sqrt(base);
      return V(1.f) / (root * sqrt(root));
    }
    float values[detail::lanes_in<V>];
    detail::store(values, base);
    for (float& value : values) value = std::pow(value, -options_.beta);
    return detail::load<V>(values);
  }

  /// @param squares padded, zeros beside the channels
  void normalise(const float* x, float* y, std::size_t channels, float* squares) const noexcept {
    square(x, channels, squares);
    detail::over_lanes<xsimd::default_arch>(channels, [=, this]<class V>(std::size_t c) {
      detail::store(y + c, detail::load<V>(x + c) * share(base<V>(squares, c)));
    });
  }

  void differentiate(const float* x, const float* dy, float* dx, std::size_t channels,
                     float* scratch) const noexcept {
    float* const squares = scratch;
    // dy · x · base^(−beta − 1), with the sides exchanged: channel j lies in the windows of those around it
    // that have it in theirs.
    float* const shares = scratch + padded(channels);
    const std::size_t before = (options_.size - 1) / 2;
    square(x, channels, squares);
    detail::over_lanes<xsimd::default_arch>(channels, [=, this]<class V>(std::size_t c) {
      const V sum = base<V>(squares, c);
      const V direct = detail::load<V>(dy + c) * share(sum);
      detail::store(dx + c, direct);
      detail::store(shares + before + c, direct * detail::load<V>(x + c) / sum);
    });
    const float factor = -2.f * options_.alpha * options_.beta / static_cast<float>(options_.size);
    detail::over_lanes<xsimd::default_arch>(channels, [=, this]<class V>(std::size_t c) {
      V sum(0.f);
      for (std::size_t i = 0; i < options_.size; ++i) sum = sum + detail::load<V>(shares + c + i);
      detail::store(dx + c,
                    detail::multiply_add(V(factor) * detail::load<V>(x + c), sum, detail::load<V>(dx + c)));
    });
  }

  void square(const float* x, std::size_t channels, float* squares) const noexcept {
    float* const to = squares + options_.size / 2;
    detail::over_lanes<xsimd::default_arch>(channels, [=]<class V>(std::size_t c) {
      const V value = detail::load<V>(x + c);
      detail::store(to + c, value * value);
    });
  }

  ResponseNormOptions options_;
};

/// Local response normalisation of x.
inline Map local_response_norm(const Map& x, const ResponseNormOptions& options = {}, std::string name = {}) {
  return add(LocalResponseNorm(options), x, std::move(name));
}

}  // namespace einet::nn

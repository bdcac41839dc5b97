#pragma once
// Batch normalisation (Ioffe and Szegedy, 2015) over the channels of feature maps.

#include <einet/base/aligned.hpp>
#include <einet/base/expect.hpp>
#include <einet/nn/channel_sums.hpp>
#include <einet/nn/layer.hpp>
#include <einet/nn/parallel.hpp>
#include <einet/nn/relu.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace einet::nn {

/// y = weight · (x − mean) / √(variance + ε) + bias, channel by channel. In training, mean and (biased)
/// variance are the batch's, and the running ones move towards them by `momentum`, with the unbiased
/// variance, as in PyTorch; in evaluation the running ones are used. A Relu that follows is absorbed.
class BatchNorm final : public Layer {
 public:
  /// Throws std::invalid_argument if channels is 0.
  explicit BatchNorm(std::size_t channels, float momentum = .1f, float epsilon = 1e-5f)
      : momentum_(momentum),
        epsilon_(epsilon),
        weight_(channels, 1.f),
        bias_(channels, 0.f),
        running_mean_(channels, 0.f),
        running_variance_(channels, 1.f),
        weight_gradient_(channels, 0.f),
        bias_gradient_(channels, 0.f),
        mean_(channels, 0.f),
        deviation_(channels, 1.f) {
    einet::detail::expect(channels > 0, "BatchNorm", "channels", channels, "at least 1");
  }

  [[nodiscard]] std::size_t channels() const noexcept { return weight_.size(); }
  [[nodiscard]] float epsilon() const noexcept { return epsilon_; }
  [[nodiscard]] std::span<const float> weight() const noexcept { return weight_; }
  [[nodiscard]] std::span<const float> bias() const noexcept { return bias_; }
  [[nodiscard]] std::span<const float> running_mean() const noexcept { return running_mean_; }
  [[nodiscard]] std::span<const float> running_variance() const noexcept { return running_variance_; }

  static constexpr std::string_view name = "BatchNorm";

  [[nodiscard]] std::string_view kind() const noexcept override { return name; }

  [[nodiscard]] Shape output(Shape input) const override {
    if (input.channels != channels()) {
      detail::refuse(kind(), input, std::to_string(channels()) + " channels");
    }
    return input;
  }

  /// Throws std::invalid_argument in training if a channel has only one value.
  void forward(const Tensor& x, Tensor& y, const Pass& pass) override {
    const Shape shape = output(image_shape(x));
    const std::size_t rows = x.shape(0) * shape.height * shape.width;
    resize(y, x.shape(0), shape);
    if (pass.training) measure(x.data(), rows);
    AlignedVector<float> scale(channels());
    AlignedVector<float> shift(channels());
    for (std::size_t c = 0; c < channels(); ++c) {
      const float mean = pass.training ? mean_[c] : running_mean_[c];
      scale[c] = weight_[c] * (pass.training ? deviation_[c] : inverse_deviation(running_variance_[c]));
      shift[c] = bias_[c] - mean * scale[c];
    }
    normalise<xsimd::default_arch>(x.data(), scale.data(), shift.data(), y.data(), rows);
  }

  void backward(const Tensor& x, const Tensor& y, const Tensor& dy, Tensor* dx, const Pass& pass) override {
    EINET_ASSERT(pass.training);
    static_cast<void>(pass);
    const Shape shape = image_shape(x);
    const std::size_t rows = x.shape(0) * shape.height * shape.width;
    const float* out = rectifies_ ? y.data() : nullptr;
    const auto [sums, products] = detail::channel_sums<detail::GradientSums<xsimd::default_arch>>(
        {x.data(), mean_.data(), dy.data(), out}, rows, channels());
    AlignedVector<float> scale(channels());
    AlignedVector<float> slope(channels());
    AlignedVector<float> shift(channels());
    for (std::size_t c = 0; c < channels(); ++c) {
      bias_gradient_[c] = static_cast<float>(sums[c]);
      weight_gradient_[c] = static_cast<float>(products[c] * static_cast<double>(deviation_[c]));
      scale[c] = weight_[c] * deviation_[c];
      slope[c] = -scale[c] * deviation_[c] * weight_gradient_[c] / static_cast<float>(rows);
      shift[c] = -scale[c] * bias_gradient_[c] / static_cast<float>(rows);
    }
    if (dx == nullptr) return;
    resize(*dx, x.shape(0), shape);
    denormalise<xsimd::default_arch>({x.data(), mean_.data(), dy.data(), out}, scale.data(), slope.data(),
                                     shift.data(), dx->data(), rows);
  }

  [[nodiscard]] std::vector<Parameter> parameters() override {
    const std::vector<std::size_t> shape{channels()};
    return {{"weight", shape, weight_, weight_gradient_},
            {"bias", shape, bias_, bias_gradient_},
            {"running_mean", shape, running_mean_, {}},
            {"running_var", shape, running_variance_, {}}};
  }

  [[nodiscard]] bool absorb(const Layer& next) override {
    if (rectifies_ || detail::layer_cast<Relu>(next) == nullptr) return false;
    rectifies_ = true;
    return true;
  }

  [[nodiscard]] std::unique_ptr<Layer> clone() const override { return std::make_unique<BatchNorm>(*this); }

 private:
  [[nodiscard]] float inverse_deviation(float variance) const noexcept {
    return 1.f / std::sqrt(variance + epsilon_);
  }

  void measure(const float* x, std::size_t rows) {
    if (rows < 2)
      EINET_THROW(std::invalid_argument("BatchNorm: training needs more than one value a channel"));
    // Sums about the first values instead of 0 lose no digits where the mean is large.
    const auto [sums, squares] =
        detail::channel_sums<detail::MomentSums<xsimd::default_arch>>({x, x}, rows, channels());
    const auto count = static_cast<double>(rows);
    for (std::size_t c = 0; c < channels(); ++c) {
      const double offset = sums[c] / count;
      const double variance = (std::max)(0., squares[c] / count - offset * offset);
      mean_[c] = static_cast<float>(static_cast<double>(x[c]) + offset);
      deviation_[c] = inverse_deviation(static_cast<float>(variance));
      running_mean_[c] += momentum_ * (mean_[c] - running_mean_[c]);
      const auto unbiased = static_cast<float>(variance * count / (count - 1.));
      running_variance_[c] += momentum_ * (unbiased - running_variance_[c]);
    }
  }

  template <class Arch>
  void normalise(const float* x, const float* scale, const float* shift, float* y, std::size_t rows) const {
    const std::size_t width = channels();
    const bool rectifies = rectifies_;
    detail::parallel_pieces(rows, detail::grain_of(width), [=](std::size_t first, std::size_t last) {
      detail::over_blocks<Arch>(
          width, first, last, [=]<class V>(std::size_t c, std::size_t at, std::size_t end) {
            const V a = detail::load<V>(scale + c);
            const V b = detail::load<V>(shift + c);
            const V floor(rectifies ? 0.f : -std::numeric_limits<float>::infinity());
            for (std::size_t i = at * width + c; i < end * width; i += width) {
              detail::store(y + i, detail::larger(detail::multiply_add(detail::load<V>(x + i), a, b), floor));
            }
          });
    });
  }

  template <class Arch>
  void denormalise(detail::GradientSums<Arch> maps, const float* scale, const float* slope,
                   const float* shift, float* dx, std::size_t rows) const {
    const std::size_t width = channels();
    detail::parallel_pieces(rows, detail::grain_of(width), [=](std::size_t first, std::size_t last) {
      detail::over_blocks<Arch>(
          width, first, last, [=]<class V>(std::size_t c, std::size_t at, std::size_t end) {
            const V a = detail::load<V>(scale + c);
            const V b = detail::load<V>(slope + c);
            const V d = detail::load<V>(shift + c);
            const V mean = detail::load<V>(maps.mean + c);
            for (std::size_t i = at * width + c; i < end * width; i += width) {
              const V offset = detail::load<V>(maps.x + i) - mean;
              detail::store(dx + i, detail::multiply_add(a, maps.template gradient<V>(i),
                                                         detail::multiply_add(b, offset, d)));
            }
          });
    });
  }

  float momentum_;
  float epsilon_;
  bool rectifies_ = false;
  AlignedVector<float> weight_;
  AlignedVector<float> bias_;
  AlignedVector<float> running_mean_;
  AlignedVector<float> running_variance_;
  AlignedVector<float> weight_gradient_;
  AlignedVector<float> bias_gradient_;
  AlignedVector<float> mean_;
  AlignedVector<float> deviation_;  // 1 / √(variance + ε), mean and deviation of the last training pass
};

}  // namespace einet::nn

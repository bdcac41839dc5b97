#pragma once
// Max pooling over square windows.

#include <einet/base/expect.hpp>
#include <einet/nn/layer.hpp>
#include <einet/nn/parallel.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>

namespace einet::nn {

/// The largest value of every kernel × kernel window, channel by channel; windows that would reach past the
/// (padded) input are left out. If several values are the largest, the gradient goes to the first of them,
/// row by row, as in PyTorch.
class MaxPool final : public Layer {
 public:
  /// Throws std::invalid_argument for a zero kernel or stride, sizes too large to count, or padding above
  /// half the kernel.
  explicit MaxPool(std::size_t kernel = 2, std::size_t stride = 2, std::size_t padding = 0)
      : kernel_(kernel), stride_(stride), padding_(padding) {
    const auto countable = [](std::size_t value, const char* field) {
      einet::detail::expect(value >= 1 && value <= detail::longest_side, "MaxPool", field, value,
                            "1 to " + einet::detail::number(detail::longest_side));
    };
    countable(kernel, "kernel");
    countable(stride, "stride");
    einet::detail::expect(padding <= kernel / 2, "MaxPool", "padding", padding, "at most half the kernel");
  }

  [[nodiscard]] std::size_t kernel() const noexcept { return kernel_; }
  [[nodiscard]] std::size_t stride() const noexcept { return stride_; }
  [[nodiscard]] std::size_t padding() const noexcept { return padding_; }
  static constexpr std::string_view name = "MaxPool";

  [[nodiscard]] std::string_view kind() const noexcept override { return name; }

  [[nodiscard]] Shape output(Shape input) const override {
    if ((std::max)(input.height, input.width) > detail::longest_side) {
      detail::refuse(kind(), input, "height and width of at most " + std::to_string(detail::longest_side));
    }
    if ((std::min)(input.height, input.width) + 2 * padding_ < kernel_) {
      detail::refuse(kind(), input, "height and width of at least " + std::to_string(kernel_ - 2 * padding_));
    }
    return {(input.height + 2 * padding_ - kernel_) / stride_ + 1,
            (input.width + 2 * padding_ - kernel_) / stride_ + 1, input.channels};
  }

  void forward(const Tensor& x, Tensor& y, const Pass&) override {
    const Shape in = image_shape(x);
    const Shape out = output(in);
    resize(y, x.shape(0), out);
    const float* from = x.data();
    float* to = y.data();
    detail::parallel_each(x.shape(0), detail::grain_of(in.size()), [=, this](std::size_t image) {
      pool<xsimd::default_arch>(from + image * in.size(), in, to + image * out.size(), out);
    });
  }

  void backward(const Tensor& x, const Tensor& y, const Tensor& dy, Tensor* dx, const Pass&) override {
    if (dx == nullptr) return;
    const Shape in = image_shape(x);
    const Shape out = image_shape(y);
    resize(*dx, x.shape(0), in);
    const float* input = x.data();
    const float* largest = y.data();
    const float* from = dy.data();
    float* to = dx->data();
    detail::parallel_each(x.shape(0), detail::grain_of(in.size()), [=, this](std::size_t image) {
      spread<xsimd::default_arch>(input + image * in.size(), in, largest + image * out.size(),
                                  from + image * out.size(), out, to + image * in.size());
    });
  }

  [[nodiscard]] std::unique_ptr<Layer> clone() const override { return std::make_unique<MaxPool>(*this); }

 private:
  struct Window {
    std::size_t first;
    std::size_t last;
  };

  [[nodiscard]] Window window(std::size_t at, std::size_t limit) const noexcept {
    const std::size_t start = at * stride_;
    return {start < padding_ ? 0 : start - padding_, (std::min)(start + kernel_ - padding_, limit)};
  }

  template <class Arch>
  void pool(const float* x, Shape in, float* y, Shape out) const noexcept {
    for (std::size_t row = 0; row < out.height; ++row) {
      const Window rows = window(row, in.height);
      for (std::size_t column = 0; column < out.width; ++column, y += out.channels) {
        const Window columns = window(column, in.width);
        detail::over_lanes<Arch>(in.channels, [=]<class V>(std::size_t c) {
          V largest(-std::numeric_limits<float>::infinity());
          for (std::size_t r = rows.first; r < rows.last; ++r) {
            for (std::size_t s = columns.first; s < columns.last; ++s) {
              largest = detail::larger(detail::load<V>(x + (r * in.width + s) * in.channels + c), largest);
            }
          }
          detail::store(y + c, largest);
        });
      }
    }
  }

  template <class Arch>
  void spread(const float* x, Shape in, const float* y, const float* dy, Shape out,
              float* dx) const noexcept {
    std::fill(dx, dx + in.size(), 0.f);
    for (std::size_t row = 0; row < out.height; ++row) {
      const Window rows = window(row, in.height);
      for (std::size_t column = 0; column < out.width; ++column, y += out.channels, dy += out.channels) {
        const Window columns = window(column, in.width);
        detail::over_lanes<Arch>(in.channels, [=]<class V>(std::size_t c) {
          const V zero(0.f);
          const V largest = detail::load<V>(y + c);
          V left = detail::load<V>(dy + c);  // zeroed once it has gone to the first largest value
          for (std::size_t r = rows.first; r < rows.last; ++r) {
            for (std::size_t s = columns.first; s < columns.last; ++s) {
              const std::size_t at = (r * in.width + s) * in.channels + c;
              const auto hit = detail::load<V>(x + at) == largest;
              detail::store(dx + at, detail::load<V>(dx + at) + detail::choose(hit, left, zero));
              left = detail::choose(hit, zero, left);
            }
          }
        });
      }
    }
  }

  std::size_t kernel_;
  std::size_t stride_;
  std::size_t padding_;
};

}  // namespace einet::nn

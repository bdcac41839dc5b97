#pragma once
// Average pooling to a given size, whatever the input's; the first step of an inserted branch.

#include <einet/base/expect.hpp>
#include <einet/nn/layer.hpp>
#include <einet/nn/parallel.hpp>

#include <algorithm>
#include <cstddef>

namespace einet::nn {

/// Averages each side to at most `limit`; a side that is no longer stays as it is. Bin i of n over a side of
/// length L is [⌊iL/n⌋, ⌈(i+1)L/n⌉), as in PyTorch: bins overlap where n does not divide L.
class AdaptiveAveragePool final : public Layer {
 public:
  /// Throws std::invalid_argument if limit is 0.
  explicit AdaptiveAveragePool(std::size_t limit) : limit_(limit) {
    einet::detail::expect(limit > 0, "AdaptiveAveragePool", "limit", limit, "at least 1");
  }

  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
  static constexpr std::string_view name = "AdaptiveAveragePool";

  [[nodiscard]] std::string_view kind() const noexcept override { return name; }

  [[nodiscard]] Shape output(Shape input) const override {
    if (input.size() == 0) detail::refuse(kind(), input, "at least one value");
    return {(std::min)(input.height, limit_), (std::min)(input.width, limit_), input.channels};
  }

  void forward(const Tensor& x, Tensor& y, const Pass&) override {
    const Shape in = image_shape(x);
    const Shape out = output(in);
    resize(y, x.shape(0), out);
    const float* from = x.data();
    float* to = y.data();
    detail::parallel_each(x.shape(0), detail::grain_of(in.size()), [=](std::size_t image) {
      average<xsimd::default_arch>(from + image * in.size(), in, to + image * out.size(), out);
    });
  }

  void backward(const Tensor& x, const Tensor& y, const Tensor& dy, Tensor* dx, const Pass&) override {
    if (dx == nullptr) return;
    const Shape in = image_shape(x);
    const Shape out = image_shape(y);
    resize(*dx, x.shape(0), in);
    const float* from = dy.data();
    float* to = dx->data();
    detail::parallel_each(x.shape(0), detail::grain_of(in.size()), [=](std::size_t image) {
      spread<xsimd::default_arch>(from + image * out.size(), out, to + image * in.size(), in);
    });
  }

  [[nodiscard]] std::unique_ptr<Layer> clone() const override {
    return std::make_unique<AdaptiveAveragePool>(*this);
  }

 private:
  struct Bin {
    std::size_t first;
    std::size_t last;
  };

  [[nodiscard]] static constexpr Bin bin(std::size_t at, std::size_t bins, std::size_t length) noexcept {
    return {at * length / bins, ((at + 1) * length + bins - 1) / bins};
  }

  template <class Arch>
  static void average(const float* x, Shape in, float* y, Shape out) noexcept {
    for (std::size_t row = 0; row < out.height; ++row) {
      const Bin rows = bin(row, out.height, in.height);
      for (std::size_t column = 0; column < out.width; ++column, y += out.channels) {
        const Bin columns = bin(column, out.width, in.width);
        const float share =
            1.f / static_cast<float>((rows.last - rows.first) * (columns.last - columns.first));
        detail::over_lanes<Arch>(in.channels, [=]<class V>(std::size_t c) {
          V sum(0.f);
          for (std::size_t r = rows.first; r < rows.last; ++r) {
            for (std::size_t s = columns.first; s < columns.last; ++s) {
              sum = sum + detail::load<V>(x + (r * in.width + s) * in.channels + c);
            }
          }
          detail::store(y + c, sum * V(share));
        });
      }
    }
  }

  template <class Arch>
  static void spread(const float* dy, Shape out, float* dx, Shape in) noexcept {
    std::fill(dx, dx + in.size(), 0.f);
    for (std::size_t row = 0; row < out.height; ++row) {
      const Bin rows = bin(row, out.height, in.height);
      for (std::size_t column = 0; column < out.width; ++column, dy += out.channels) {
        const Bin columns = bin(column, out.width, in.width);
        const float share =
            1.f / static_cast<float>((rows.last - rows.first) * (columns.last - columns.first));
        for (std::size_t r = rows.first; r < rows.last; ++r) {
          for (std::size_t s = columns.first; s < columns.last; ++s) {
            detail::add_scaled<Arch>(dx + (r * in.width + s) * in.channels, share, dy, in.channels);
          }
        }
      }
    }
  }

  std::size_t limit_;
};

}  // namespace einet::nn

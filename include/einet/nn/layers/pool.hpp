#pragma once
// Pooling: the largest or mean value of windows, and averages to a given size.

#include <einet/nn/graph.hpp>
#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/kernels/pool_kernel.hpp>
#include <einet/nn/layer.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace einet::nn {

/// The shape of a pool.
struct PoolOptions {
  Extent kernel = 2;
  std::optional<Extent> stride{};  ///< by default the kernel's size
  Padding padding = 0;
  bool ceil = false;          ///< see PoolShape
  bool count_padding = true;  ///< in means: padding counts as zeros, as in PyTorch
};

namespace detail {

/// What pooling layers share: windows of one shape, and images that are pooled one by one.
class PoolLayer : public Layer {
 public:
  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    const Shape input = only(kind(), inputs);
    if (input != shape_.in) refuse_input(kind(), input, text(shape_.in));
    return shape_.out();
  }

 protected:
  explicit PoolLayer(const PoolShape& shape) : shape_((validate(shape), shape)) {}

  [[nodiscard]] const PoolShape& shape() const noexcept { return shape_; }

  /// pool(x, y) for every image.
  template <class Pool>
  void each_image(const ForwardPass& pass, const Pool& pool) const {
    pass.workers->each(pass.batch, grain_of(shape_.in.size()), [&](std::size_t image) {
      pool(pass.inputs[0].data + image * shape_.in.size(), pass.output + image * pass.shape.size());
    });
  }

  /// spread(x, y, dy, dx) for every image, with dx = 0 at first.
  template <class Spread>
  void each_gradient(const BackwardPass& pass, const Spread& spread) const {
    float* const dx = pass.input_gradients[0];
    if (dx == nullptr) return;
    const std::size_t size = pass.inputs[0].shape.size();
    pass.workers->each(pass.batch, grain_of(size), [&](std::size_t image) {
      float* const to = dx + image * size;
      std::fill(to, to + size, 0.f);
      const std::size_t out = image * pass.shape.size();
      spread(pass.inputs[0].data + image * size, pass.output + out, pass.gradient + out, to);
    });
  }

 private:
  PoolShape shape_;
};

/// dx += share · dy over a window, for all channels.
inline void spread_mean(const float* dy, float* dx, Shape in, PoolWindow rows, PoolWindow columns,
                        std::size_t count) noexcept {
  const float share = 1.f / static_cast<float>(count);
  for (std::size_t r = rows.first; r < rows.last; ++r)
    for (std::size_t s = columns.first; s < columns.last; ++s)
      add_scaled(dx + (r * in.width + s) * in.channels, share, dy, in.channels);
}

}  // namespace detail

/// The largest value of each window; the gradient goes to the first of equal ones.
class MaxPool final : public detail::PoolLayer {
 public:
  /// Throws std::invalid_argument naming the field that is wrong.
  explicit MaxPool(const PoolShape& shape) : PoolLayer(shape) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return "max_pool"; }

  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    return to.step(inputs, shape().out(), [shape = shape()](const StepMaps& maps, PacedStop& stop) noexcept {
      return max_pool(shape, maps.in().data, maps.in().pitch, maps.out().data, maps.out().pitch, stop);
    });
  }

  void forward(const ForwardPass& pass) override {
    each_image(pass, [&](const float* x, float* y) {
      PacedStop never;
      max_pool(shape(), x, shape().in.channels, y, shape().in.channels, never);
    });
  }

  void backward(const BackwardPass& pass) override {
    const Shape in = shape().in, out = shape().out();
    each_gradient(pass, [&](const float* x, const float* y, const float* dy, float* dx) {
      for (std::size_t row = 0; row < out.height; ++row) {
        const detail::PoolWindow rows = detail::rows_at(shape(), row);
        for (std::size_t column = 0; column < out.width; ++column, y += in.channels, dy += in.channels)
          to_first_largest<xsimd::default_arch>(x, y, dy, dx, in, rows, detail::columns_at(shape(), column));
      }
    });
  }

 private:
  template <class Arch>
  static void to_first_largest(const float* x, const float* y, const float* dy, float* dx, Shape in,
                               detail::PoolWindow rows, detail::PoolWindow columns) noexcept {
    detail::over_lanes<Arch>(in.channels, [=]<class V>(std::size_t c) {
      const V zero(0.f), largest = detail::load<V>(y + c);
      V left = detail::load<V>(dy + c);  // zeroed once it has gone to a value
      for (std::size_t r = rows.first; r < rows.last; ++r) {
        for (std::size_t s = columns.first; s < columns.last; ++s) {
          const std::size_t at = (r * in.width + s) * in.channels + c;
          const V value = detail::load<V>(x + at);
          // A value that is unequal to itself is NaN, and then so is the largest.
          const auto same = value == largest, number = value == value;
          detail::store(dx + at, detail::load<V>(dx + at) +
                                     detail::choose(same, left, detail::choose(number, zero, left)));
          left = detail::choose(same, zero, detail::choose(number, left, zero));
        }
      }
    });
  }
};

/// The mean of each window.
class AveragePool final : public detail::PoolLayer {
 public:
  /// Throws std::invalid_argument naming the field that is wrong.
  explicit AveragePool(const PoolShape& shape, bool count_padding = true)
      : PoolLayer(shape), count_padding_(count_padding) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return "average_pool"; }

  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    const auto run = [shape = shape(), padding = count_padding_](const StepMaps& maps,
                                                                 PacedStop& stop) noexcept {
      return average_pool(shape, padding, maps.in().data, maps.in().pitch, maps.out().data, maps.out().pitch,
                          stop);
    };
    return to.step(inputs, shape().out(), run);
  }

  void forward(const ForwardPass& pass) override {
    each_image(pass, [&](const float* x, float* y) {
      PacedStop never;
      average_pool(shape(), count_padding_, x, shape().in.channels, y, shape().in.channels, never);
    });
  }

  void backward(const BackwardPass& pass) override {
    const Shape out = shape().out();
    each_gradient(pass, [&](const float*, const float*, const float* dy, float* dx) {
      for (std::size_t row = 0; row < out.height; ++row)
        for (std::size_t column = 0; column < out.width; ++column, dy += out.channels)
          detail::spread_mean(dy, dx, shape().in, detail::rows_at(shape(), row),
                              detail::columns_at(shape(), column),
                              detail::mean_count(shape(), row, column, count_padding_));
    });
  }

 private:
  bool count_padding_;
};

/// Averages to a map of a given size, over the bins of PyTorch's AdaptiveAvgPool2d.
class AdaptiveAveragePool final : public Layer {
 public:
  /// Throws std::invalid_argument if a size is 0.
  explicit AdaptiveAveragePool(Extent size) : size_(size) {
    detail::at_least(kind(), "size.height", size.height);
    detail::at_least(kind(), "size.width", size.width);
  }

  [[nodiscard]] std::string_view kind() const noexcept override { return "adaptive_average_pool"; }

  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    return {size_.height, size_.width, detail::only(kind(), inputs).channels};
  }

  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    const Shape in = inputs[0].shape, out{size_.height, size_.width, in.channels};
    if (in == out) return inputs[0];
    return to.step(inputs, out, [in, out](const StepMaps& maps, PacedStop& stop) noexcept {
      return adaptive_average_pool(in, out, maps.in().data, maps.in().pitch, maps.out().data,
                                   maps.out().pitch, stop);
    });
  }

  void forward(const ForwardPass& pass) override {
    const Shape in = pass.inputs[0].shape;
    pass.workers->each(pass.batch, detail::grain_of(in.size()), [&](std::size_t image) {
      PacedStop never;
      adaptive_average_pool(in, pass.shape, pass.inputs[0].data + image * in.size(), in.channels,
                            pass.output + image * pass.shape.size(), in.channels, never);
    });
  }

  void backward(const BackwardPass& pass) override {
    float* const dx = pass.input_gradients[0];
    if (dx == nullptr) return;
    const Shape in = pass.inputs[0].shape, out = pass.shape;
    pass.workers->each(pass.batch, detail::grain_of(in.size()), [&](std::size_t image) {
      float* const to = dx + image * in.size();
      std::fill(to, to + in.size(), 0.f);
      const float* dy = pass.gradient + image * out.size();
      for (std::size_t row = 0; row < out.height; ++row) {
        const detail::PoolWindow rows = detail::bin_at(row, out.height, in.height);
        for (std::size_t column = 0; column < out.width; ++column, dy += out.channels) {
          const detail::PoolWindow columns = detail::bin_at(column, out.width, in.width);
          detail::spread_mean(dy, to, in, rows, columns,
                              (rows.last - rows.first) * (columns.last - columns.first));
        }
      }
    });
  }

 private:
  Extent size_;
};

namespace detail {

[[nodiscard]] inline PoolShape pool_shape(Shape in, const PoolOptions& options) {
  return {in, options.kernel, options.stride.value_or(options.kernel), options.padding, options.ceil};
}

}  // namespace detail

/// The largest value of every window.
inline Map max_pool(const Map& x, const PoolOptions& options = {}, std::string name = {}) {
  return add(MaxPool(detail::pool_shape(x.shape(), options)), x, std::move(name));
}
/// The mean of every window.
inline Map average_pool(const Map& x, const PoolOptions& options = {}, std::string name = {}) {
  return add(AveragePool(detail::pool_shape(x.shape(), options), options.count_padding), x, std::move(name));
}
/// Averages to a map of `size`, whatever the size of x.
inline Map adaptive_average_pool(const Map& x, Extent size, std::string name = {}) {
  return add(AdaptiveAveragePool(size), x, std::move(name));
}
/// The mean of every channel, 1 x 1.
inline Map global_average_pool(const Map& x, std::string name = {}) {
  return adaptive_average_pool(x, 1, std::move(name));
}

}  // namespace einet::nn

#pragma once
// Pooling of one channels-last image: the largest or mean value of windows, and averages to a given size.

#include <einet/base/expect.hpp>
#include <einet/nn/inference/paced_stop.hpp>
#include <einet/nn/kernels/conv_shape.hpp>
#include <einet/nn/kernels/lanes.hpp>
#include <einet/nn/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>

#include <xsimd/xsimd.hpp>

namespace einet::nn {

/// Windows over one image.
struct PoolShape {
  Shape in;
  Extent kernel = 2;
  Extent stride = 2;
  Padding padding = 0;
  /// A last window may begin inside the image and reach beyond its padding, as in PyTorch.
  bool ceil = false;

  [[nodiscard]] constexpr Shape out() const noexcept {
    return {outputs(in.height, kernel.height, stride.height, padding.top, padding.bottom),
            outputs(in.width, kernel.width, stride.width, padding.left, padding.right), in.channels};
  }

  friend constexpr bool operator==(const PoolShape&, const PoolShape&) = default;

 private:
  [[nodiscard]] constexpr std::size_t outputs(std::size_t length, std::size_t window, std::size_t step,
                                              std::size_t before, std::size_t after) const noexcept {
    const std::size_t rest = length + before + after - window;
    if (!ceil) return rest / step + 1;
    const std::size_t count = (rest + step - 1) / step + 1;
    return (count - 1) * step >= length + before ? count - 1 : count;
  }
};

/// Throws std::invalid_argument naming the field if a size is zero, a window does not fit the padded image,
/// or padding is more than half of a window, so that one could lie outside of the image.
inline void validate(const PoolShape& shape) {
  constexpr const char* what = "pooling";
  detail::at_least(what, "in.channels", shape.in.channels);
  const auto axis = [&](const char* name, std::size_t length, std::size_t kernel, std::size_t stride,
                        std::size_t before, std::size_t after) {
    detail::checked_axis(what, name, length, kernel, stride, before, after, 1);
    einet::detail::expect(2 * (std::max)(before, after) <= kernel, what,
                          (std::string("padding.") + name).c_str(), (std::max)(before, after),
                          "at most half of the kernel");
  };
  axis("height", shape.in.height, shape.kernel.height, shape.stride.height, shape.padding.top,
       shape.padding.bottom);
  axis("width", shape.in.width, shape.kernel.width, shape.stride.width, shape.padding.left,
       shape.padding.right);
}

namespace detail {

/// Positions [first, last) of one axis that an output position pools over.
struct PoolWindow {
  std::size_t first, last;
};

[[nodiscard]] constexpr PoolWindow window_at(std::size_t at, std::size_t length, std::size_t kernel,
                                             std::size_t stride, std::size_t before) noexcept {
  const std::size_t start = at * stride;
  return {start < before ? 0 : start - before, (std::min)(start + kernel - before, length)};
}
[[nodiscard]] constexpr PoolWindow rows_at(const PoolShape& shape, std::size_t row) noexcept {
  return window_at(row, shape.in.height, shape.kernel.height, shape.stride.height, shape.padding.top);
}
[[nodiscard]] constexpr PoolWindow columns_at(const PoolShape& shape, std::size_t column) noexcept {
  return window_at(column, shape.in.width, shape.kernel.width, shape.stride.width, shape.padding.left);
}

/// Values that the mean of a window is taken over: those of the padded image, if padding counts.
[[nodiscard]] constexpr std::size_t mean_count(const PoolShape& shape, std::size_t row, std::size_t column,
                                               bool count_padding) noexcept {
  const PoolWindow rows = rows_at(shape, row), columns = columns_at(shape, column);
  if (!count_padding) return (rows.last - rows.first) * (columns.last - columns.first);
  const auto length = [](std::size_t at, std::size_t stride, std::size_t kernel, std::size_t padded) {
    return (std::min)(kernel, padded - at * stride);
  };
  return length(row, shape.stride.height, shape.kernel.height,
                shape.in.height + shape.padding.top + shape.padding.bottom) *
         length(column, shape.stride.width, shape.kernel.width,
                shape.in.width + shape.padding.left + shape.padding.right);
}

/// The bin of PyTorch's adaptive average pool: [floor(at · length / bins), ceil((at + 1) · length / bins)).
[[nodiscard]] constexpr PoolWindow bin_at(std::size_t at, std::size_t bins, std::size_t length) noexcept {
  return {at * length / bins, ((at + 1) * length + bins - 1) / bins};
}

/// y[c] = finish(the fold of all values in the windows), channel by channel; false if the stop came first.
template <class Arch, class Fold, class Finish>
bool pool_window(const float* x, Shape in, std::size_t pitch, PoolWindow rows, PoolWindow columns, float* y,
                 float start, const Fold& fold, const Finish& finish, PacedStop& stop) noexcept {
  // Asking costs more than adding up a few values: after each row only where windows are wide.
  const std::size_t wide = columns.last - columns.first;
  const std::size_t row_work = wide >= 16 ? wide * memory_work : 0;
  const std::size_t window_work = wide >= 16 ? 0 : wide * (rows.last - rows.first) * memory_work;
  return over_lanes<Arch>(in.channels, [&]<class V>(std::size_t c) {
    constexpr std::size_t values = lanes_in<V>;
    V value(start);
    for (std::size_t r = rows.first; r < rows.last; ++r) {
      const float* from = x + (r * in.width + columns.first) * pitch + c;
      for (std::size_t s = 0; s < wide; ++s, from += pitch) value = fold(value, load<V>(from));
      if (row_work != 0 && stop.after(row_work * values)) return false;
    }
    store(y + c, finish(value));
    return window_work == 0 || !stop.after(window_work * values);
  });
}

/// pool(row, column, y) for every output pixel, until one returns false.
template <class Pool>
bool each_output(Shape out, float* y, std::size_t pitch, const Pool& pool) noexcept {
  for (std::size_t row = 0; row < out.height; ++row)
    for (std::size_t column = 0; column < out.width; ++column, y += pitch)
      if (!pool(row, column, y)) return false;
  return true;
}

struct Add {
  template <class V>
  [[nodiscard]] V operator()(const V& a, const V& b) const noexcept {
    return a + b;
  }
};

template <class Arch>
bool mean_of_window(const float* x, Shape in, std::size_t pitch, PoolWindow rows, PoolWindow columns,
                    float* y, std::size_t count, PacedStop& stop) noexcept {
  return pool_window<Arch>(
      x, in, pitch, rows, columns, y, 0.0f, Add{},
      [share = 1.0f / static_cast<float>(count)]<class V>(const V& value) { return value * V(share); }, stop);
}

}  // namespace detail

/// The largest value of each window inside the padded image; padding never wins, NaN always does. Pixels of x
/// and y lie `x_pitch` and `y_pitch` floats apart.
/// @pre validate(shape)
/// @return false if the stop came and `y` was left unfinished
template <class Arch = xsimd::default_arch>
bool max_pool(const PoolShape& shape, const float* x, std::size_t x_pitch, float* y, std::size_t y_pitch,
              PacedStop& stop) noexcept {
  return detail::each_output(shape.out(), y, y_pitch, [&](std::size_t row, std::size_t column, float* to) {
    return detail::pool_window<Arch>(
        x, shape.in, x_pitch, detail::rows_at(shape, row), detail::columns_at(shape, column), to,
        -std::numeric_limits<float>::infinity(),
        []<class V>(const V& a, const V& b) { return detail::larger(a, b); },
        []<class V>(const V& value) { return value; }, stop);
  });
}

/// The mean of each window; padding counts as zeros if `count_padding`, else not at all.
template <class Arch = xsimd::default_arch>
bool average_pool(const PoolShape& shape, bool count_padding, const float* x, std::size_t x_pitch, float* y,
                  std::size_t y_pitch, PacedStop& stop) noexcept {
  return detail::each_output(shape.out(), y, y_pitch, [&](std::size_t row, std::size_t column, float* to) {
    return detail::mean_of_window<Arch>(x, shape.in, x_pitch, detail::rows_at(shape, row),
                                        detail::columns_at(shape, column), to,
                                        detail::mean_count(shape, row, column, count_padding), stop);
  });
}

/// Averages to out.height x out.width pixels, over the bins of PyTorch's adaptive average pool.
template <class Arch = xsimd::default_arch>
bool adaptive_average_pool(Shape in, Shape out, const float* x, std::size_t x_pitch, float* y,
                           std::size_t y_pitch, PacedStop& stop) noexcept {
  return detail::each_output(out, y, y_pitch, [&](std::size_t row, std::size_t column, float* to) {
    const detail::PoolWindow rows = detail::bin_at(row, out.height, in.height);
    const detail::PoolWindow columns = detail::bin_at(column, out.width, in.width);
    return detail::mean_of_window<Arch>(x, in, x_pitch, rows, columns, to,
                                        (rows.last - rows.first) * (columns.last - columns.first), stop);
  });
}

#ifdef EINET_KERNELS
EINET_KERNELS template bool max_pool<xsimd::default_arch>(const PoolShape&, const float*, std::size_t, float*,
                                                          std::size_t, PacedStop&) noexcept;
EINET_KERNELS template bool average_pool<xsimd::default_arch>(const PoolShape&, bool, const float*,
                                                              std::size_t, float*, std::size_t,
                                                              PacedStop&) noexcept;
EINET_KERNELS template bool adaptive_average_pool<xsimd::default_arch>(Shape, Shape, const float*,
                                                                       std::size_t, float*, std::size_t,
                                                                       PacedStop&) noexcept;
#endif

}  // namespace einet::nn

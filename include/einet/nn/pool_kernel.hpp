#pragma once
// Pooling of one channels-last image: the largest value of square windows, and averages to a given size.

#include <einet/nn/lanes.hpp>
#include <einet/nn/paced_stop.hpp>
#include <einet/nn/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>

#include <xsimd/xsimd.hpp>

namespace einet::nn {

namespace detail {

/// Positions [first, last) of one axis that an output position pools over.
struct PoolWindow {
  std::size_t first, last;
};

/// y[c] = finish(the fold of all values in the windows), channel by channel; false if the stop came first.
template <class Arch, class Fold, class Finish, class Stop>
bool pool_window(const float* x, Shape in, PoolWindow rows, PoolWindow columns, float* y, float start,
                 const Fold& fold, const Finish& finish, PacedStop<Stop>& stop) noexcept {
  return over_lanes<Arch>(in.channels, [&]<class V>(std::size_t c) {
    V value(start);
    for (std::size_t r = rows.first; r < rows.last; ++r) {
      for (std::size_t s = columns.first; s < columns.last; ++s) {
        value = fold(load<V>(x + (r * in.width + s) * in.channels + c), value);
      }
      if (stop.after((columns.last - columns.first) * (sizeof(V) / sizeof(float)) * memory_work))
        return false;
    }
    store(y + c, finish(value));
    return true;
  });
}

}  // namespace detail

/// The largest value of each kernel x kernel window inside the padded image; padding never wins.
/// `x` is [in.height][in.width][channels], `y` [out.height][out.width][channels].
/// Preconditions: every window meets the image (2 * padding <= kernel).
/// @return false if the stop came and `y` was left unfinished
template <class Arch, class Stop>
bool max_pool(const float* x, Shape in, float* y, Shape out, std::size_t kernel, std::size_t stride,
              std::size_t padding, PacedStop<Stop>& stop) noexcept {
  const auto window = [=](std::size_t at, std::size_t length) {
    const std::size_t start = at * stride;
    return detail::PoolWindow{start < padding ? 0 : start - padding,
                              (std::min)(start + kernel - padding, length)};
  };
  for (std::size_t row = 0; row < out.height; ++row) {
    for (std::size_t column = 0; column < out.width; ++column, y += out.channels) {
      const bool done = detail::pool_window<Arch>(
          x, in, window(row, in.height), window(column, in.width), y, -std::numeric_limits<float>::infinity(),
          [](const auto& a, const auto& b) { return detail::larger(a, b); },
          [](const auto& value) { return value; }, stop);
      if (!done) return false;
    }
  }
  return true;
}

/// The same, to its end.
template <class Arch = xsimd::default_arch>
void max_pool(const float* x, Shape in, float* y, Shape out, std::size_t kernel, std::size_t stride,
              std::size_t padding) noexcept {
  PacedStop<never_stop> never;
  max_pool<Arch>(x, in, y, out, kernel, stride, padding, never);
}

/// Averages over the bins [floor(i * length / bins), ceil((i + 1) * length / bins)) of each axis, as
/// PyTorch's adaptive average pool does.
/// @return false if the stop came and `y` was left unfinished
template <class Arch, class Stop>
bool adaptive_average_pool(const float* x, Shape in, float* y, Shape out, PacedStop<Stop>& stop) noexcept {
  const auto bin = [](std::size_t at, std::size_t bins, std::size_t length) {
    return detail::PoolWindow{at * length / bins, ((at + 1) * length + bins - 1) / bins};
  };
  for (std::size_t row = 0; row < out.height; ++row) {
    const detail::PoolWindow rows = bin(row, out.height, in.height);
    for (std::size_t column = 0; column < out.width; ++column, y += out.channels) {
      const detail::PoolWindow columns = bin(column, out.width, in.width);
      const auto count = static_cast<float>((rows.last - rows.first) * (columns.last - columns.first));
      const bool done = detail::pool_window<Arch>(
          x, in, rows, columns, y, 0.0f, [](const auto& a, const auto& b) { return a + b; },
          [share = 1.0f / count](const auto& value) { return value * std::decay_t<decltype(value)>(share); },
          stop);
      if (!done) return false;
    }
  }
  return true;
}

/// The same, to its end.
template <class Arch = xsimd::default_arch>
void adaptive_average_pool(const float* x, Shape in, float* y, Shape out) noexcept {
  PacedStop<never_stop> never;
  adaptive_average_pool<Arch>(x, in, y, out, never);
}

}  // namespace einet::nn

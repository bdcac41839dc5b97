#pragma once
// What the convolution kernel walks over: one form for the forward pass and for the gradient with respect to
// the input, which is a convolution of the dilated output gradient with the flipped kernel.

#include <einet/nn/conv_shape.hpp>
#include <einet/nn/paced_stop.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace einet::nn::detail {

/// One axis of a convolution: output position o and tap r meet source position (o * stride + r - padding) /
/// dilation, if that is whole and lies inside.
struct ConvAxis {
  std::size_t source = 1;
  std::size_t out = 1;
  std::size_t kernel = 1;
  std::size_t stride = 1;
  std::size_t dilation = 1;
  std::ptrdiff_t padding = 0;
  /// Taps first … first + live - 1 are the only ones that ever meet the source: the kernel skips the others.
  std::size_t first = 0;
  std::size_t live = 0;

  /// Positions that the live taps visit.
  [[nodiscard]] constexpr std::size_t visited() const noexcept { return (out - 1) * stride + live; }
  /// Dilated source position of the first visited position.
  [[nodiscard]] constexpr std::ptrdiff_t origin() const noexcept {
    return static_cast<std::ptrdiff_t>(first) - padding;
  }
  /// Whether every visited position lies in the source, so that no padded copy is needed.
  [[nodiscard]] constexpr bool inside() const noexcept {
    return dilation == 1 && origin() >= 0 && static_cast<std::size_t>(origin()) + visited() <= source;
  }
  constexpr void find_live_taps() noexcept {
    const auto end = static_cast<std::ptrdiff_t>((source - 1) * dilation + 1);
    std::size_t last = 0;
    bool found = false;
    for (std::size_t r = 0; r < kernel; ++r) {
      for (std::size_t o = 0; o < out; ++o) {
        const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(o * stride + r) - padding;
        if (at < 0 || at >= end || at % static_cast<std::ptrdiff_t>(dilation) != 0) continue;
        if (!found) first = r;
        found = true;
        last = r;
        break;
      }
    }
    live = found ? last - first + 1 : 0;
  }
};

/// Both axes and the channels.
struct ConvGeometry {
  ConvAxis rows;
  ConvAxis columns;
  std::size_t in_channels = 1;
  std::size_t out_channels = 1;

  /// Whether the source must be copied into a padded buffer.
  [[nodiscard]] constexpr bool copies() const noexcept {
    return taps() != 0 && !(rows.inside() && columns.inside());
  }
  [[nodiscard]] constexpr std::size_t taps() const noexcept { return rows.live * columns.live; }
  [[nodiscard]] constexpr std::size_t source_size() const noexcept {
    return rows.source * columns.source * in_channels;
  }
  [[nodiscard]] constexpr std::size_t padded_size() const noexcept {
    return rows.visited() * columns.visited() * in_channels;
  }
  [[nodiscard]] constexpr std::size_t pixels() const noexcept { return rows.out * columns.out; }
  [[nodiscard]] constexpr std::size_t workspace(std::size_t images) const noexcept {
    return copies() ? padded_size() * images : 0;
  }
};

[[nodiscard]] constexpr ConvGeometry forward_geometry(const ConvShape& shape) noexcept {
  const auto axis = [&](std::size_t in, std::size_t out) {
    ConvAxis a{in, out, shape.kernel, shape.stride, 1, static_cast<std::ptrdiff_t>(shape.padding), 0, 0};
    a.find_live_taps();
    return a;
  };
  return {axis(shape.in.height, shape.out().height), axis(shape.in.width, shape.out().width),
          shape.in.channels, shape.out_channels};
}

[[nodiscard]] constexpr ConvGeometry input_gradient_geometry(const ConvShape& shape) noexcept {
  const auto axis = [&](std::size_t in, std::size_t out) {
    ConvAxis a{out,
               in,
               shape.kernel,
               1,
               shape.stride,
               static_cast<std::ptrdiff_t>(shape.kernel) - 1 - static_cast<std::ptrdiff_t>(shape.padding),
               0,
               0};
    a.find_live_taps();
    return a;
  };
  return {axis(shape.in.height, shape.out().height), axis(shape.in.width, shape.out().width),
          shape.out_channels, shape.in.channels};
}

/// Copies one image into `padded` ([rows.visited()][columns.visited()][in_channels]), with zeros where the
/// source has nothing; false if the stop came first. Only undilated copies, those of the forward pass, poll.
template <class Stop>
bool copy_padded(const ConvGeometry& geometry, const float* source, float* padded,
                 PacedStop<Stop>& stop) noexcept {
  const std::size_t channels = geometry.in_channels;
  const auto before = [](const ConvAxis& axis) {
    return static_cast<std::size_t>((std::max)(-axis.origin(), std::ptrdiff_t{0}));
  };
  const ConvAxis& rows = geometry.rows;
  const ConvAxis& columns = geometry.columns;
  const std::size_t pitch = columns.visited() * channels;
  if (columns.dilation == 1) {
    const std::size_t left = (std::min)(before(columns), columns.visited());
    const std::size_t skip = static_cast<std::size_t>((std::max)(columns.origin(), std::ptrdiff_t{0}));
    const std::size_t count =
        (std::min)(columns.source - (std::min)(skip, columns.source), columns.visited() - left);
    for (std::size_t i = 0; i < rows.visited(); ++i, padded += pitch) {
      if (stop.after(pitch * memory_work)) return false;
      const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(i) + rows.origin();
      if (at < 0 || at >= static_cast<std::ptrdiff_t>(rows.source)) {
        std::memset(padded, 0, pitch * sizeof(float));
        continue;
      }
      std::memset(padded, 0, left * channels * sizeof(float));
      std::memcpy(padded + left * channels,
                  source + (static_cast<std::size_t>(at) * columns.source + skip) * channels,
                  count * channels * sizeof(float));
      std::memset(padded + (left + count) * channels, 0, (pitch - (left + count) * channels) * sizeof(float));
    }
    return true;
  }
  std::memset(padded, 0, geometry.padded_size() * sizeof(float));
  const auto dilation = static_cast<std::ptrdiff_t>(columns.dilation);
  for (std::size_t y = 0; y < rows.source; ++y) {
    const std::ptrdiff_t i = static_cast<std::ptrdiff_t>(y) * dilation - rows.origin();
    if (i < 0 || i >= static_cast<std::ptrdiff_t>(rows.visited())) continue;
    for (std::size_t x = 0; x < columns.source; ++x) {
      const std::ptrdiff_t j = static_cast<std::ptrdiff_t>(x) * dilation - columns.origin();
      if (j < 0 || j >= static_cast<std::ptrdiff_t>(columns.visited())) continue;
      std::memcpy(padded + static_cast<std::size_t>(i) * pitch + static_cast<std::size_t>(j) * channels,
                  source + (y * columns.source + x) * channels, channels * sizeof(float));
    }
  }
  return true;
}

}  // namespace einet::nn::detail

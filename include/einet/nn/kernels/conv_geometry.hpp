#pragma once
// What the convolution kernel walks over: one form for the forward pass and for the gradient with respect to
// the input, which is a convolution of the spread-out output gradient with the flipped kernel.

#include <einet/nn/inference/paced_stop.hpp>
#include <einet/nn/kernels/conv_shape.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace einet::nn::detail {

/// One axis of a convolution: output position o and tap r meet source position (o * stride + r * step -
/// padding) / spread, if that is whole and lies inside.
struct ConvAxis {
  std::size_t source = 1;
  std::size_t out = 1;
  std::size_t kernel = 1;
  std::size_t stride = 1;
  std::size_t step = 1;    // between neighbouring taps
  std::size_t spread = 1;  // between neighbouring source values
  std::ptrdiff_t padding = 0;
  /// Taps first … first + live - 1 are the only ones that ever meet the source: the kernel skips the others.
  std::size_t first = 0;
  std::size_t live = 0;

  /// Positions from the first to the last that a live tap visits.
  [[nodiscard]] constexpr std::size_t visited() const noexcept {
    return live == 0 ? 0 : (out - 1) * stride + (live - 1) * step + 1;
  }
  /// Spread-out source position of the first visited position.
  [[nodiscard]] constexpr std::ptrdiff_t origin() const noexcept {
    return static_cast<std::ptrdiff_t>(first * step) - padding;
  }
  /// Whether every visited position lies in the source, so that no padded copy is needed.
  [[nodiscard]] constexpr bool inside() const noexcept {
    return spread == 1 && origin() >= 0 && static_cast<std::size_t>(origin()) + visited() <= source;
  }
  constexpr void find_live_taps() noexcept {
    const auto end = static_cast<std::ptrdiff_t>((source - 1) * spread + 1);
    std::size_t last = 0;
    bool found = false;
    for (std::size_t r = 0; r < kernel; ++r) {
      for (std::size_t o = 0; o < out; ++o) {
        const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(o * stride + r * step) - padding;
        if (at < 0 || at >= end || at % static_cast<std::ptrdiff_t>(spread) != 0) continue;
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
  std::size_t in_channels = 1;   // of a group
  std::size_t out_channels = 1;  // of a group
  std::size_t groups = 1;

  [[nodiscard]] constexpr std::size_t all_in() const noexcept { return in_channels * groups; }
  [[nodiscard]] constexpr std::size_t all_out() const noexcept { return out_channels * groups; }
  /// Whether the source must be copied into a padded buffer.
  [[nodiscard]] constexpr bool copies() const noexcept {
    return taps() != 0 && !(rows.inside() && columns.inside());
  }
  [[nodiscard]] constexpr std::size_t taps() const noexcept { return rows.live * columns.live; }
  [[nodiscard]] constexpr std::size_t source_pixels() const noexcept { return rows.source * columns.source; }
  [[nodiscard]] constexpr std::size_t padded_size() const noexcept {
    return rows.visited() * columns.visited() * all_in();
  }
  [[nodiscard]] constexpr std::size_t pixels() const noexcept { return rows.out * columns.out; }
  [[nodiscard]] constexpr std::size_t workspace(std::size_t images) const noexcept {
    return copies() ? padded_size() * images : 0;
  }
};

/// axis(length of the image, of the output, kernel, stride, dilation, padding before it) makes either axis.
template <class Axis>
[[nodiscard]] constexpr ConvGeometry geometry_of(const ConvShape& shape, std::size_t in_channels,
                                                 std::size_t out_channels, const Axis& axis) noexcept {
  const Shape out = shape.out();
  ConvGeometry geometry{axis(shape.in.height, out.height, shape.kernel.height, shape.stride.height,
                             shape.dilation.height, shape.padding.top),
                        axis(shape.in.width, out.width, shape.kernel.width, shape.stride.width,
                             shape.dilation.width, shape.padding.left),
                        in_channels / shape.groups, out_channels / shape.groups, shape.groups};
  geometry.rows.find_live_taps();
  geometry.columns.find_live_taps();
  return geometry;
}

[[nodiscard]] constexpr ConvGeometry forward_geometry(const ConvShape& shape) noexcept {
  return geometry_of(shape, shape.in.channels, shape.out_channels,
                     [](std::size_t in, std::size_t out, std::size_t kernel, std::size_t stride,
                        std::size_t step, std::size_t before) {
                       const auto padding = static_cast<std::ptrdiff_t>(before);
                       return ConvAxis{in, out, kernel, stride, step, 1, padding, 0, 0};
                     });
}

[[nodiscard]] constexpr ConvGeometry input_gradient_geometry(const ConvShape& shape) noexcept {
  return geometry_of(shape, shape.out_channels, shape.in.channels,
                     [](std::size_t in, std::size_t out, std::size_t kernel, std::size_t stride,
                        std::size_t step, std::size_t before) {
                       const auto padding = static_cast<std::ptrdiff_t>((kernel - 1) * step) -
                                            static_cast<std::ptrdiff_t>(before);
                       return ConvAxis{out, in, kernel, 1, step, stride, padding, 0, 0};
                     });
}

/// Copies one image, whose pixels lie `pitch` floats apart, into `padded`
/// ([rows.visited()][columns.visited()][all_in()]), with zeros where the source has nothing; false if the
/// stop came first. Only copies that do not spread the source, those of the forward pass, poll.
inline bool copy_padded(const ConvGeometry& geometry, const float* source, std::size_t pitch, float* padded,
                        PacedStop& stop) noexcept {
  const std::size_t channels = geometry.all_in();
  const ConvAxis& rows = geometry.rows;
  const ConvAxis& columns = geometry.columns;
  const std::size_t row_size = columns.visited() * channels;
  if (rows.spread == 1 && columns.spread == 1) {
    const std::size_t left = (std::min)(
        static_cast<std::size_t>((std::max)(-columns.origin(), std::ptrdiff_t{0})), columns.visited());
    const std::size_t skip = static_cast<std::size_t>((std::max)(columns.origin(), std::ptrdiff_t{0}));
    const std::size_t count =
        (std::min)(columns.source - (std::min)(skip, columns.source), columns.visited() - left);
    for (std::size_t i = 0; i < rows.visited(); ++i, padded += row_size) {
      if (stop.after(row_size * memory_work)) return false;
      const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(i) + rows.origin();
      if (at < 0 || at >= static_cast<std::ptrdiff_t>(rows.source)) {
        std::memset(padded, 0, row_size * sizeof(float));
        continue;
      }
      std::memset(padded, 0, left * channels * sizeof(float));
      const float* from = source + (static_cast<std::size_t>(at) * columns.source + skip) * pitch;
      float* to = padded + left * channels;
      if (pitch == channels) {
        std::memcpy(to, from, count * channels * sizeof(float));
      } else {
        for (std::size_t pixel = 0; pixel < count; ++pixel, from += pitch, to += channels)
          std::memcpy(to, from, channels * sizeof(float));
      }
      std::memset(padded + (left + count) * channels, 0,
                  (row_size - (left + count) * channels) * sizeof(float));
    }
    return true;
  }
  std::memset(padded, 0, geometry.padded_size() * sizeof(float));
  for (std::size_t y = 0; y < rows.source; ++y) {
    const std::ptrdiff_t i = static_cast<std::ptrdiff_t>(y * rows.spread) - rows.origin();
    if (i < 0 || i >= static_cast<std::ptrdiff_t>(rows.visited())) continue;
    for (std::size_t x = 0; x < columns.source; ++x) {
      const std::ptrdiff_t j = static_cast<std::ptrdiff_t>(x * columns.spread) - columns.origin();
      if (j < 0 || j >= static_cast<std::ptrdiff_t>(columns.visited())) continue;
      std::memcpy(padded + static_cast<std::size_t>(i) * row_size + static_cast<std::size_t>(j) * channels,
                  source + (y * columns.source + x) * pitch, channels * sizeof(float));
    }
  }
  return true;
}

}  // namespace einet::nn::detail

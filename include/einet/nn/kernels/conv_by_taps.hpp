#pragma once
// Convolution of one image tap by tap: each tap is a product of matrices over just those pixels that it meets
// inside the image. It multiplies no padding and copies nothing, and where the map is so small that a tile
// holds most of it, it reads weights from memory once.

#include <einet/nn/inference/paced_stop.hpp>
#include <einet/nn/kernels/conv_output.hpp>
#include <einet/nn/kernels/packed_conv.hpp>
#include <einet/nn/kernels/product_tile.hpp>

#include <algorithm>
#include <cstddef>
#include <span>

namespace einet::nn {

/// Weights for `conv_by_taps`.
template <class Arch = xsimd::default_arch>
class PackedTaps {
 public:
  /// As PackedConv.
  PackedTaps(const ConvShape& shape, std::span<const float> weights, std::span<const float> bias = {},
             ChannelScale scale = {}, std::size_t vectors_per_block = 0)
      : pack_{shape, weights, bias,
              1,     scale,   vectors_per_block != 0 ? vectors_per_block : vectors_of(shape)} {}

  [[nodiscard]] const ConvShape& shape() const noexcept { return pack_.shape(); }
  [[nodiscard]] const PackedConv<Arch>& pack() const noexcept { return pack_; }
  [[nodiscard]] std::size_t vectors_per_block() const noexcept { return pack_.vectors_per_block(); }

  /// Input channels that are multiplied by a whole set of tiles before the next ones, so that their weights
  /// stay in the first-level cache.
  static constexpr std::size_t depth_at_once = 256;

 private:
  [[nodiscard]] static std::size_t vectors_of(const ConvShape& shape) {
    validate(shape);
    constexpr std::size_t L = detail::lanes<Arch>;
    const std::size_t outputs = shape.out_channels / shape.groups;
    return detail::vectors_of_product<Arch>(shape.out().pixels(), (outputs + L - 1) / L,
                                            (std::min)(shape.in.channels / shape.groups, depth_at_once));
  }

  PackedConv<Arch> pack_;
};

/// Floats of workspace that `conv_by_taps` needs.
template <class Arch>
[[nodiscard]] std::size_t conv_workspace(const PackedTaps<Arch>& pack) noexcept {
  const PackedConv<Arch>& packed = pack.pack();
  return packed.geometry().pixels() * (std::min)(packed.vectors_per_block(), packed.vectors()) *
         detail::lanes<Arch>;
}

namespace detail {

/// Output positions of an axis that a tap meets inside the source.
struct Positions {
  std::size_t first, last;  // one past the last

  [[nodiscard]] std::size_t size() const noexcept { return last - first; }
};

[[nodiscard]] inline Positions positions_inside(const ConvAxis& axis, std::size_t tap) noexcept {
  const std::ptrdiff_t before = axis.padding - static_cast<std::ptrdiff_t>(tap * axis.step);
  const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(axis.stride);
  const std::ptrdiff_t end = static_cast<std::ptrdiff_t>(axis.source) + before;
  const auto out = static_cast<std::ptrdiff_t>(axis.out);
  const std::ptrdiff_t last = end <= 0 ? 0 : (std::min)((end - 1) / stride + 1, out);
  const std::ptrdiff_t first = before <= 0 ? 0 : (std::min)((before + stride - 1) / stride, last);
  return {static_cast<std::size_t>(first), static_cast<std::size_t>(last)};
}

/// Adds one tap to the sums of a block of `width` vectors, or makes them by it if it is `alone`; false if the
/// stop came.
template <class Arch>
bool add_tap(const ConvGeometry& geometry, std::size_t row_tap, std::size_t column_tap, std::size_t width,
             std::size_t pixel_pitch, bool alone, ProductCall call, PacedStop& stop) noexcept {
  const ConvAxis &rows = geometry.rows, &columns = geometry.columns;
  const Positions down = positions_inside(rows, row_tap), across = positions_inside(columns, column_tap);
  const std::size_t pixels = down.size() * across.size(), wide = width * lanes<Arch>;
  if (pixels == 0) return true;
  const float *const source = call.x, *const weights = call.weights;
  for (std::size_t k = 0; k < geometry.in_channels; k += PackedTaps<Arch>::depth_at_once) {
    call.depth = (std::min)(PackedTaps<Arch>::depth_at_once, geometry.in_channels - k);
    call.x = source + k;
    call.weights = weights + k * wide;
    call.add = !alone || k > 0;
    std::size_t i = down.first, j = across.first;
    const bool done = each_tile<Arch>(pixels, width, [&](std::size_t, std::size_t size) {
      for (std::size_t p = 0; p < size; ++p) {
        const std::size_t y = i * rows.stride + row_tap * rows.step - static_cast<std::size_t>(rows.padding);
        const std::size_t x =
            j * columns.stride + column_tap * columns.step - static_cast<std::size_t>(columns.padding);
        call.x_at[p] = (y * columns.source + x) * pixel_pitch;
        call.y_at[p] = (i * columns.out + j) * wide;
        if (++j == across.last) {
          j = across.first;
          ++i;
        }
      }
      product_kernel<Arch>(width, size)(call);
      return !stop.after(call.depth * wide * (size + memory_work));
    });
    if (!done) return false;
  }
  return true;
}

}  // namespace detail

/// y = the convolution of one image x, within bounds. `workspace` has `conv_workspace(pack)` floats. y
/// overlaps none of the others. Allocates nothing.
/// @return false if the stop came and `y` was left unfinished
template <class Arch>
bool conv_by_taps(const PackedTaps<Arch>& taps, const ConvMaps& maps, float* workspace, Bounds bounds,
                  PacedStop& stop) noexcept {
  using Lanes = xsimd::batch<float, Arch>;
  constexpr std::size_t L = Lanes::size;
  const PackedConv<Arch>& pack = taps.pack();
  const detail::ConvGeometry& geometry = pack.geometry();
  const detail::ConvAxis &rows = geometry.rows, &columns = geometry.columns;
  const std::size_t per_block = (std::min)(pack.vectors_per_block(), pack.vectors());
  const detail::ConvOutput<Arch> output(maps, bounds);
  detail::ProductCall call{};
  call.y = workspace;
  const bool alone = geometry.taps() == 1 && !geometry.copies();  // and so it meets every pixel
  for (std::size_t group = 0; group < geometry.groups; ++group) {
    for (std::size_t first = 0; first < pack.vectors(); first += per_block) {
      const std::size_t width = (std::min)(per_block, pack.vectors() - first), wide = width * L;
      if (!alone) std::fill_n(workspace, geometry.pixels() * wide, 0.f);
      call.x = maps.x + group * geometry.in_channels;
      call.weights = pack.weights(group) + first * L * pack.depth();
      for (std::size_t r = rows.first; r < rows.first + rows.live; ++r)
        for (std::size_t s = columns.first; s < columns.first + columns.live; ++s) {
          if (!detail::add_tap<Arch>(geometry, r, s, width, maps.x_pitch, alone, call, stop)) return false;
          call.weights += geometry.in_channels * wide;
        }
      for (std::size_t pixel = 0; pixel < geometry.pixels(); ++pixel)
        for (std::size_t v = 0; v < width; ++v) {
          const std::size_t channel = (first + v) * L;
          output.store(pixel, group * geometry.out_channels + channel, geometry.out_channels - channel,
                       Lanes::load_unaligned(workspace + pixel * wide + v * L) +
                           Lanes::load_aligned(pack.bias(group) + channel));
        }
      if (stop.after(geometry.pixels() * wide * memory_work)) return false;
    }
  }
  return true;
}

#ifdef EINET_KERNELS
EINET_KERNELS template bool conv_by_taps(const PackedTaps<xsimd::default_arch>&, const ConvMaps&, float*,
                                         Bounds, PacedStop&) noexcept;
#endif

}  // namespace einet::nn

#pragma once
// Two-dimensional convolution of channels-last images: direct, without a matrix of patches, in register tiles
// of pixels by output channels.

#include <einet/base/assert.hpp>
#include <einet/nn/paced_stop.hpp>
#include <einet/nn/packed_conv.hpp>

#include <algorithm>
#include <cstddef>

namespace einet::nn {

/// Floats of workspace that `conv2d_forward` needs: a zero-padded copy of the images; 0 without padding.
[[nodiscard]] constexpr std::size_t conv2d_workspace(const ConvShape& shape,
                                                     std::size_t images = 1) noexcept {
  return detail::forward_geometry(shape).workspace(images);
}

namespace detail {

/// Walks over the output pixels of all images and keeps the offset of each pixel's first tap.
class PixelCursor {
 public:
  PixelCursor(const ConvGeometry& geometry, std::size_t row_pitch, std::size_t image_pitch) noexcept
      : columns_{geometry.columns.out},
        rows_{geometry.rows.out},
        step_{geometry.columns.stride * geometry.in_channels},
        row_step_{geometry.rows.stride * row_pitch},
        image_step_{image_pitch} {}

  [[nodiscard]] std::size_t next() noexcept {
    const std::size_t offset = image_ + row_ + column_ * step_;
    if (++column_ == columns_) {
      column_ = 0;
      row_ += row_step_;
      if (++y_ == rows_) {
        y_ = 0;
        row_ = 0;
        image_ += image_step_;
      }
    }
    return offset;
  }

 private:
  std::size_t columns_, rows_, step_, row_step_, image_step_;
  std::size_t image_ = 0, row_ = 0, column_ = 0, y_ = 0;
};

/// One call of the kernel for `count` vectors by `size` pixels, which costs `work`; false if the stop came
/// first.
template <class Arch, class Stop>
bool run_tile(const TileCall& call, std::size_t count, std::size_t size, std::size_t work,
              PacedStop<Stop>& stop) noexcept {
  if constexpr (!unstoppable<Stop>) {
    if (work > poll_interval) {
      const std::size_t steps = call.rows * call.run * poll_interval / work;
      const PolledTileCall polled{
          call, (std::max)(steps / most_sums, std::size_t{1}) * most_sums,
          [](const void* signal) noexcept { return static_cast<const Stop*>(signal)->stop_requested(); },
          &stop.signal()};
      return tile_kernel<Arch, PolledTileCall>(count, size)(polled);
    }
  }
  tile_kernel<Arch, TileCall>(count, size)(call);
  return !stop.after(work);
}

/// False if the stop came and `y` was left unfinished.
template <class Arch, class Stop>
bool convolve(const PackedConv<Arch>& pack, const float* x, float* y, float* workspace, Activation activation,
              std::size_t images, PacedStop<Stop>& stop) noexcept {
  constexpr std::size_t L = lanes<Arch>;
  const ConvGeometry& geometry = pack.geometry();
  TileCall call{};
  std::size_t image_pitch = geometry.source_size();
  call.source = x;
  call.row_pitch = geometry.columns.source * geometry.in_channels;
  if (geometry.copies()) {
    EINET_ASSERT(workspace != nullptr);
    image_pitch = geometry.padded_size();
    for (std::size_t image = 0; image < images; ++image) {
      if (!copy_padded(geometry, x + image * geometry.source_size(), workspace + image * image_pitch, stop))
        return false;
    }
    call.source = workspace;
    call.row_pitch = geometry.columns.visited() * geometry.in_channels;
  } else if (geometry.taps() != 0) {
    call.source += static_cast<std::size_t>(geometry.rows.origin()) * call.row_pitch +
                   static_cast<std::size_t>(geometry.columns.origin()) * geometry.in_channels;
  }
  call.rows = geometry.rows.live;
  call.run = geometry.columns.live * geometry.in_channels;
  call.out_pitch = geometry.out_channels;
  call.activation = activation;

  const std::size_t vectors = pack.vectors();
  const std::size_t per_block = (std::min)(pack.vectors_per_block(), vectors);
  const std::size_t pixels = geometry.pixels() * images;
  const std::size_t wide = pixels_for<Arch>(per_block);
  const std::size_t tiles = (pixels + wide - 1) / wide;
  // Tiles are as even as possible: the first `longer` of them hold one more pixel.
  const std::size_t shorter_size = pixels / tiles;
  const std::size_t longer = pixels % tiles;

  // Each tile of pixels meets a whole group of blocks, which fits the first-level cache.
  constexpr std::size_t cached = 4096;
  const std::size_t block_size = per_block * L * pack.depth();
  const std::size_t group =
      (std::max)(cached / (std::max)(block_size, std::size_t{1}), std::size_t{1}) * per_block;
  for (std::size_t group_first = 0; group_first < vectors; group_first += group) {
    const std::size_t group_end = (std::min)(group_first + group, vectors);
    PixelCursor cursor{geometry, call.row_pitch, image_pitch};
    for (std::size_t tile = 0, pixel = 0; tile < tiles; ++tile) {
      const std::size_t size = shorter_size + (tile < longer ? 1 : 0);
      for (std::size_t p = 0; p < size; ++p) call.offsets[p] = cursor.next();
      for (std::size_t first = group_first; first < group_end; first += per_block) {
        const std::size_t count = (std::min)(per_block, vectors - first);
        call.weights = pack.weights() + first * L * pack.depth();
        call.bias = pack.bias() + first * L;
        call.out = y + pixel * geometry.out_channels + first * L;
        call.last_lanes = (std::min)(L, geometry.out_channels - (first + count - 1) * L);
        // Weights count once for reading them from memory, and once more for every pixel.
        const std::size_t work = count * L * pack.depth() * (size + memory_work);
        if (!run_tile<Arch>(call, count, size, work, stop)) return false;
      }
      pixel += size;
    }
  }
  return true;
}

}  // namespace detail

/// y = activation(conv(x) + bias) for `images` images, one after the other in memory.
/// `x` is [images][height][width][in], `y` [images][out height][out width][out], `workspace` has
/// `conv2d_workspace(pack.shape(), images)` floats; none of them overlap. Allocates nothing.
/// @return false if the stop came and `y` was left unfinished
template <class Arch, class Stop>
bool conv2d_forward(const PackedConv<Arch>& pack, const float* x, float* y, float* workspace,
                    Activation activation, std::size_t images, PacedStop<Stop>& stop) noexcept {
  EINET_ASSERT(!pack.is_input_gradient());
  return detail::convolve(pack, x, y, workspace, activation, images, stop);
}

/// The same, to its end.
template <class Arch>
void conv2d_forward(const PackedConv<Arch>& pack, const float* x, float* y, float* workspace,
                    Activation activation = Activation::none, std::size_t images = 1) noexcept {
  PacedStop<never_stop> never;
  conv2d_forward(pack, x, y, workspace, activation, images, never);
}

}  // namespace einet::nn

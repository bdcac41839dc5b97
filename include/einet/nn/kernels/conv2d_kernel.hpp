#pragma once
// Two-dimensional convolution of channels-last images: direct, without a matrix of patches, in register tiles
// of pixels by output channels.

#include <einet/base/assert.hpp>
#include <einet/nn/inference/paced_stop.hpp>
#include <einet/nn/kernels/packed_conv.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>

namespace einet::nn {

/// Floats of workspace that `conv2d_forward` needs: a zero-padded copy of the images; 0 without padding.
[[nodiscard]] constexpr std::size_t conv2d_workspace(const ConvShape& shape,
                                                     std::size_t images = 1) noexcept {
  return detail::forward_geometry(shape).workspace(images);
}

/// Where a convolution reads and writes: one image after the other, pixels `pitch` floats apart.
struct ConvMaps {
  const float* x;
  std::size_t x_pitch;
  float* y;
  std::size_t y_pitch;
  const float* residual = nullptr;  ///< shaped like y, added to the result; null for none
  std::size_t residual_pitch = 0;
};

/// Bounds of a convolution's result: {0, infinity} is ReLU, {0, 6} ReLU6. NaN passes them.
struct Bounds {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
};

namespace detail {

/// Walks over the output pixels of all images and keeps the offset of each pixel's first tap.
class PixelCursor {
 public:
  PixelCursor(const ConvGeometry& geometry, std::size_t pixel_pitch, std::size_t row_pitch,
              std::size_t image_pitch) noexcept
      : columns_{geometry.columns.out},
        rows_{geometry.rows.out},
        step_{geometry.columns.stride * pixel_pitch},
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
template <class Arch>
bool run_tile(TileCall& call, std::size_t count, std::size_t size, std::size_t work,
              PacedStop& stop) noexcept {
  if (work > poll_interval && stop.possible()) {
    const std::size_t steps = call.segments * call.run * poll_interval / work;
    call.steps = (std::max)(steps / most_sums, std::size_t{1}) * most_sums;
    const bool done = tile_kernel<Arch>(count, size)(call);
    call.steps = 0;
    return done;
  }
  tile_kernel<Arch>(count, size)(call);
  return !stop.after(work);
}

/// The taps of a pixel as runs of neighbouring values, as long as the layout of the source allows.
inline void set_segments(const ConvGeometry& geometry, std::size_t pixel_pitch, std::size_t row_pitch,
                         TileCall& call) noexcept {
  const std::size_t rows = geometry.rows.live, columns = geometry.columns.live;
  const std::size_t channels = geometry.in_channels;
  call.segment_pitch = geometry.columns.step * pixel_pitch;
  const std::size_t row_step = geometry.rows.step * row_pitch;
  if (call.segment_pitch != channels && columns > 1) {
    call.segments = rows * columns;
    call.segments_per_row = columns;
    call.run = channels;
    call.row_step = row_step - (columns - 1) * call.segment_pitch;
    return;
  }
  call.segments = rows;
  call.segments_per_row = 1;
  call.run = columns * channels;
  call.row_step = row_step;
  if (row_step == call.run) {
    call.run *= rows;
    call.segments = rows > 0 ? 1 : 0;
  }
}

/// All pixels of one group; false if the stop came and `y` was left unfinished.
template <class Arch>
bool convolve_group(const PackedConv<Arch>& pack, std::size_t group, TileCall& call, PixelCursor start,
                    const ConvMaps& maps, std::size_t images, PacedStop& stop) noexcept {
  constexpr std::size_t L = lanes<Arch>;
  const ConvGeometry& geometry = pack.geometry();
  const std::size_t vectors = pack.vectors();
  const std::size_t per_block = (std::min)(pack.vectors_per_block(), vectors);
  const std::size_t pixels = geometry.pixels() * images;
  const std::size_t wide = pixels_for<Arch>(per_block);
  const std::size_t tiles = (pixels + wide - 1) / wide;
  // Tiles are as even as possible: the first `longer` of them hold one more pixel.
  const std::size_t shorter_size = pixels / tiles;
  const std::size_t longer = pixels % tiles;
  const std::size_t channel = group * geometry.out_channels;

  // Each tile of pixels meets a whole set of blocks, which fits the first-level cache.
  constexpr std::size_t cached = 4096;
  const std::size_t block_size = per_block * L * pack.depth();
  const std::size_t together =
      (std::max)(cached / (std::max)(block_size, std::size_t{1}), std::size_t{1}) * per_block;
  for (std::size_t set_first = 0; set_first < vectors; set_first += together) {
    const std::size_t set_end = (std::min)(set_first + together, vectors);
    PixelCursor cursor = start;
    for (std::size_t tile = 0, pixel = 0; tile < tiles; ++tile) {
      const std::size_t size = shorter_size + (tile < longer ? 1 : 0);
      for (std::size_t p = 0; p < size; ++p) call.offsets[p] = cursor.next();
      for (std::size_t first = set_first; first < set_end; first += per_block) {
        const std::size_t count = (std::min)(per_block, vectors - first);
        call.weights = pack.weights(group) + first * L * pack.depth();
        call.bias = pack.bias(group) + first * L;
        call.out = maps.y + pixel * maps.y_pitch + channel + first * L;
        if (maps.residual != nullptr)
          call.residual = maps.residual + pixel * maps.residual_pitch + channel + first * L;
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

/// False if the stop came and `y` was left unfinished.
template <class Arch>
bool convolve(const PackedConv<Arch>& pack, const ConvMaps& maps, float* workspace, Bounds bounds,
              std::size_t images, PacedStop& stop) noexcept {
  const ConvGeometry& geometry = pack.geometry();
  TileCall call{};
  const float* source = maps.x;
  std::size_t pixel_pitch = maps.x_pitch;
  std::size_t row_pitch = geometry.columns.source * pixel_pitch;
  std::size_t image_pitch = geometry.source_pixels() * pixel_pitch;
  if (geometry.copies()) {
    EINET_ASSERT(workspace != nullptr);
    for (std::size_t image = 0; image < images; ++image) {
      if (!copy_padded(geometry, maps.x + image * image_pitch, pixel_pitch,
                       workspace + image * geometry.padded_size(), stop))
        return false;
    }
    source = workspace;
    pixel_pitch = geometry.all_in();
    row_pitch = geometry.columns.visited() * pixel_pitch;
    image_pitch = geometry.padded_size();
  } else if (geometry.taps() != 0) {
    source += static_cast<std::size_t>(geometry.rows.origin()) * row_pitch +
              static_cast<std::size_t>(geometry.columns.origin()) * pixel_pitch;
  }
  set_segments(geometry, pixel_pitch, row_pitch, call);
  call.out_pitch = maps.y_pitch;
  call.residual_pitch = maps.residual_pitch;
  call.low = bounds.low;
  call.high = bounds.high;
  call.stop = &stop;
  const PixelCursor start{geometry, pixel_pitch, row_pitch, image_pitch};
  for (std::size_t group = 0; group < geometry.groups; ++group) {
    call.source = source + group * geometry.in_channels;
    if (!convolve_group(pack, group, call, start, maps, images, stop)) return false;
  }
  return true;
}

}  // namespace detail

/// y = the convolution of x, within bounds, for `images` images. x is [images][height][width][in], y and
/// residual are [images][out height][out width][out], at the pitches that `maps` names; `workspace` has
/// `conv2d_workspace(pack.shape(), images)` floats. y overlaps none of the others. Allocates nothing.
/// @return false if the stop came and `y` was left unfinished
template <class Arch>
bool conv2d_forward(const PackedConv<Arch>& pack, const ConvMaps& maps, float* workspace, Bounds bounds,
                    std::size_t images, PacedStop& stop) noexcept {
  EINET_ASSERT(!pack.is_input_gradient());
  return detail::convolve(pack, maps, workspace, bounds, images, stop);
}

/// The same to its end, for maps whose channels are all there is.
template <class Arch>
void conv2d_forward(const PackedConv<Arch>& pack, const float* x, float* y, float* workspace,
                    Bounds bounds = {}, std::size_t images = 1) noexcept {
  PacedStop never;
  conv2d_forward(pack, {x, pack.shape().in.channels, y, pack.shape().out_channels}, workspace, bounds, images,
                 never);
}

// This project compiles the kernels once for all its programs, to build in less time: EINET_KERNELS is empty
// where they are compiled, and extern elsewhere (cmake/developer.cmake).
#ifdef EINET_KERNELS
EINET_KERNELS template bool detail::convolve(const PackedConv<xsimd::default_arch>&, const ConvMaps&, float*,
                                             Bounds, std::size_t, PacedStop&) noexcept;
#endif

}  // namespace einet::nn

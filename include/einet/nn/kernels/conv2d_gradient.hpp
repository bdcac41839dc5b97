#pragma once
// Gradients of the convolution with respect to its input, weights and bias, built on the kernels of the
// forward pass.

#include <einet/base/assert.hpp>
#include <einet/nn/kernels/conv2d_kernel.hpp>
#include <einet/nn/kernels/weight_gradient_tile.hpp>

#include <algorithm>
#include <cstddef>
#include <span>

namespace einet::nn {

/// Floats of workspace that `conv2d_backward_input` needs.
[[nodiscard]] constexpr std::size_t conv2d_backward_input_workspace(const ConvShape& shape,
                                                                    std::size_t images = 1) noexcept {
  return detail::input_gradient_geometry(shape).workspace(images);
}

/// dx, overwritten, from dy for `images` images. `pack` is `PackedConv<Arch>::for_input_gradient`, `dy`
/// [images][out height][out width][out], `dx` [images][height][width][in], `workspace` has
/// `conv2d_backward_input_workspace(pack.shape(), images)` floats. Allocates nothing.
template <class Arch>
void conv2d_backward_input(const PackedConv<Arch>& pack, const float* dy, float* dx, float* workspace,
                           std::size_t images = 1) noexcept {
  EINET_ASSERT(pack.is_input_gradient());
  PacedStop never;
  const detail::ConvGeometry& geometry = pack.geometry();
  detail::convolve(pack, {dy, geometry.all_in(), dx, geometry.all_out()}, workspace, Bounds{}, images, never);
}

namespace detail {

/// Output positions [first, end) of one axis at which tap r meets the image.
struct TapRange {
  std::size_t first, end;
};

/// @param offset of the tap from the first, in pixels
[[nodiscard]] constexpr TapRange tap_range(std::size_t in, std::size_t out, std::size_t stride,
                                           std::size_t before, std::size_t offset) noexcept {
  const std::size_t first = offset >= before ? 0 : (before - offset + stride - 1) / stride;
  const std::size_t end = in + before <= offset ? 0 : (in + before - offset - 1) / stride + 1;
  return {(std::min)(first, out), (std::min)(end, out)};
}

template <class Arch>
void add_bias_gradient(const float* dy, std::size_t pixels, std::size_t channels, float* db) noexcept {
  using Lanes = xsimd::batch<float, Arch>;
  constexpr std::size_t L = Lanes::size;
  std::size_t c = 0;
  for (; c + L <= channels; c += L) {
    Lanes even(0.0f), odd(0.0f);
    std::size_t p = 0;
    for (; p + 2 <= pixels; p += 2) {
      even = even + Lanes::load_unaligned(dy + p * channels + c);
      odd = odd + Lanes::load_unaligned(dy + (p + 1) * channels + c);
    }
    if (p < pixels) even = even + Lanes::load_unaligned(dy + p * channels + c);
    (Lanes::load_unaligned(db + c) + even + odd).store_unaligned(db + c);
  }
  for (; c < channels; ++c) {
    float sum = 0.0f;
    for (std::size_t p = 0; p < pixels; ++p) sum += dy[p * channels + c];
    db[c] += sum;
  }
}

/// One tap: every pair of channels, those of one map by vectors, by as many tiles as it takes. `call` has the
/// pixels of the first channels and the first weight.
template <class Arch>
void add_tap_gradient(GradientCall call, std::size_t singles, std::size_t vectored) noexcept {
  constexpr std::size_t L = lanes<Arch>;
  const std::size_t vectors = (vectored + L - 1) / L;
  const std::size_t tiles = (singles + most_singles - 1) / most_singles;
  const std::size_t shorter_size = singles / tiles, longer = singles % tiles;
  const GradientCall all = call;
  for (std::size_t first = 0; first < vectors; first += gradient_vectors<Arch>) {
    const std::size_t count = (std::min)(gradient_vectors<Arch>, vectors - first);
    call.last_lanes = (std::min)(L, vectored - (first + count - 1) * L);
    call.vector.first = all.vector.first + first * L;
    for (std::size_t tile = 0, at = 0; tile < tiles; ++tile) {
      const std::size_t size = shorter_size + (tile < longer ? 1 : 0);
      call.single.first = all.single.first + at;
      call.dw = all.dw + at * all.single_pitch + first * L * all.vector_pitch;
      gradient_kernel<Arch>(count, size)(call);
      at += size;
    }
  }
}

/// A map and its end.
struct WholeMap {
  const float* data;
  const float* end;
};

/// All taps, and the channels of one group, over rows [row, row_end) of `images` images.
template <class Arch>
void add_weight_gradient_of_rows(const ConvShape& shape, std::size_t group, WholeMap x, WholeMap dy,
                                 float* dw, std::size_t row, std::size_t row_end,
                                 std::size_t images) noexcept {
  const Shape out = shape.out();
  const std::size_t in_channels = shape.in.channels / shape.groups;
  const std::size_t out_channels = shape.out_channels / shape.groups;
  x.data += group * in_channels;
  dy.data += group * out_channels;
  dw += group * (shape.weights() / shape.groups);
  const TapPixels x_pitches{nullptr, shape.in.size(),
                            shape.stride.height * shape.in.width * shape.in.channels,
                            shape.stride.width * shape.in.channels};
  const TapPixels dy_pitches{nullptr, out.size(), out.width * out.channels, out.channels};
  // By vectors of the channels that fill them better.
  const bool by_inputs = einet::detail::round_up(in_channels, lanes<Arch>) * out_channels <
                         einet::detail::round_up(out_channels, lanes<Arch>) * in_channels;
  GradientCall call{};
  call.single = by_inputs ? dy_pitches : x_pitches;
  call.vector = by_inputs ? x_pitches : dy_pitches;
  call.vector_end = by_inputs ? x.end : dy.end;
  call.images = images;
  call.single_pitch = by_inputs ? 1 : out_channels;
  call.vector_pitch = by_inputs ? out_channels : 1;
  for (std::size_t r = 0; r < shape.kernel.height; ++r) {
    const std::size_t down = r * shape.dilation.height;
    const TapRange hit = tap_range(shape.in.height, out.height, shape.stride.height, shape.padding.top, down);
    const TapRange rows{(std::max)(hit.first, row), (std::min)(hit.end, row_end)};
    for (std::size_t s = 0; s < shape.kernel.width; ++s) {
      const std::size_t right = s * shape.dilation.width;
      const TapRange columns =
          tap_range(shape.in.width, out.width, shape.stride.width, shape.padding.left, right);
      if (rows.first >= rows.end || columns.first >= columns.end) continue;
      call.rows = rows.end - rows.first;
      call.columns = columns.end - columns.first;
      const std::size_t y_at = rows.first * shape.stride.height + down - shape.padding.top;
      const std::size_t x_at = columns.first * shape.stride.width + right - shape.padding.left;
      const float* const x_tap = x.data + (y_at * shape.in.width + x_at) * shape.in.channels;
      const float* const dy_tap = dy.data + (rows.first * out.width + columns.first) * out.channels;
      call.single.first = by_inputs ? dy_tap : x_tap;
      call.vector.first = by_inputs ? x_tap : dy_tap;
      call.dw = dw + (r * shape.kernel.width + s) * in_channels * out_channels;
      if (by_inputs) {
        add_tap_gradient<Arch>(call, out_channels, in_channels);
      } else {
        add_tap_gradient<Arch>(call, in_channels, out_channels);
      }
    }
  }
}

}  // namespace detail

/// Adds the gradients of `images` images to `dw`, ordered [group][kernel row][kernel column][in][out], and to
/// `db` ([out], or null for none). `x` and `dy` as in the forward pass, without gaps between pixels. Needs no
/// workspace, allocates nothing. Precondition: `validate(shape)`.
template <class Arch = xsimd::default_arch>
void conv2d_backward_weights(const ConvShape& shape, const float* x, const float* dy, float* dw, float* db,
                             std::size_t images = 1) noexcept {
  const Shape out = shape.out();
  const std::size_t pixels = out.pixels();
  const float* const x_end = x + images * shape.in.size();
  const float* const dy_end = dy + images * out.size();
  if (db != nullptr) detail::add_bias_gradient<Arch>(dy, pixels * images, shape.out_channels, db);
  const bool pointwise =
      shape.kernel == Extent{1} && shape.stride == Extent{1} && shape.padding == Padding{0};
  if (pointwise && pixels * images != shape.in.width) {
    ConvShape row = shape;
    row.in = {1, pixels * images, shape.in.channels};
    for (std::size_t group = 0; group < shape.groups; ++group)
      detail::add_weight_gradient_of_rows<Arch>(row, group, {x, x_end}, {dy, dy_end}, dw, 0, 1, 1);
    return;
  }
  // Every tap and tile reads the same pixels again: take only as many at a time as stay in the caches.
  constexpr std::size_t cached = 6144, fewest = 64;
  const std::size_t at_once = (std::max)(cached / (shape.in.channels + shape.out_channels), fewest);
  const std::size_t rows = (std::min)((std::max)(at_once / out.width, std::size_t{1}), out.height);
  const std::size_t together = rows < out.height ? 1 : (std::max)(at_once / pixels, std::size_t{1});
  for (std::size_t image = 0; image < images; image += together) {
    const detail::WholeMap image_x{x + image * shape.in.size(), x_end};
    const detail::WholeMap image_dy{dy + image * out.size(), dy_end};
    for (std::size_t row = 0; row < out.height; row += rows) {
      for (std::size_t group = 0; group < shape.groups; ++group)
        detail::add_weight_gradient_of_rows<Arch>(shape, group, image_x, image_dy, dw, row,
                                                  (std::min)(row + rows, out.height),
                                                  (std::min)(together, images - image));
    }
  }
}

/// Adds a weight gradient in the kernel's order to one in PyTorch's, [out][in / groups][height][width].
inline void add_weight_gradient(const ConvShape& shape, std::span<const float> dw,
                                std::span<float> canonical) noexcept {
  EINET_ASSERT(dw.size() == shape.weights() && canonical.size() == shape.weights());
  const std::size_t taps = shape.taps();
  const std::size_t inputs = shape.in.channels / shape.groups, outputs = shape.out_channels / shape.groups;
  for (std::size_t out = 0; out < shape.out_channels; ++out) {
    const float* const group = dw.data() + out / outputs * (inputs * outputs * taps);
    for (std::size_t in = 0; in < inputs; ++in) {
      for (std::size_t tap = 0; tap < taps; ++tap) {
        canonical[(out * inputs + in) * taps + tap] += group[(tap * inputs + in) * outputs + out % outputs];
      }
    }
  }
}

#ifdef EINET_KERNELS
EINET_KERNELS template void conv2d_backward_weights<xsimd::default_arch>(const ConvShape&, const float*,
                                                                         const float*, float*, float*,
                                                                         std::size_t) noexcept;
#endif

}  // namespace einet::nn

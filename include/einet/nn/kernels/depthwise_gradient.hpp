#pragma once
// Gradients of the convolution of every channel by itself.

#include <einet/nn/kernels/depthwise_kernel.hpp>

#include <cstddef>

namespace einet::nn {

/// dx, overwritten, from dy for one image. `dy` is [out height][out width][channels], `dx`
/// [height][width][channels]. Allocates nothing.
template <class Arch = xsimd::default_arch>
void depthwise_backward_input(const PackedDepthwise& pack, const float* dy, float* dx) noexcept {
  const ConvShape& shape = pack.shape();
  const Shape in = shape.in, out = shape.out();
  const std::size_t channels = in.channels;
  std::fill(dx, dx + in.size(), 0.f);
  for (std::size_t row = 0; row < out.height; ++row) {
    const auto rows = detail::taps_inside(row, in.height, shape.kernel.height, shape.stride.height,
                                          shape.dilation.height, shape.padding.top);
    for (std::size_t column = 0; column < out.width; ++column, dy += channels) {
      const auto columns = detail::taps_inside(column, in.width, shape.kernel.width, shape.stride.width,
                                               shape.dilation.width, shape.padding.left);
      for (std::size_t r = rows.first; r < rows.last; ++r) {
        const std::size_t y = row * shape.stride.height + r * shape.dilation.height - shape.padding.top;
        for (std::size_t s = columns.first; s < columns.last; ++s) {
          const std::size_t x = column * shape.stride.width + s * shape.dilation.width - shape.padding.left;
          float* const to = dx + (y * in.width + x) * channels;
          const float* const weights = pack.weights() + (r * shape.kernel.width + s) * channels;
          detail::over_lanes<Arch>(channels, [=]<class V>(std::size_t c) {
            detail::store(to + c, detail::multiply_add(detail::load<V>(weights + c), detail::load<V>(dy + c),
                                                       detail::load<V>(to + c)));
          });
        }
      }
    }
  }
}

/// Adds the gradients of one image to `dw`, ordered [tap][channel], and to `db` ([channel], or null for
/// none).
template <class Arch = xsimd::default_arch>
void depthwise_backward_weights(const ConvShape& shape, const float* x, const float* dy, float* dw,
                                float* db) noexcept {
  const Shape in = shape.in, out = shape.out();
  const std::size_t channels = in.channels;
  for (std::size_t row = 0; row < out.height; ++row) {
    const auto rows = detail::taps_inside(row, in.height, shape.kernel.height, shape.stride.height,
                                          shape.dilation.height, shape.padding.top);
    for (std::size_t column = 0; column < out.width; ++column, dy += channels) {
      const auto columns = detail::taps_inside(column, in.width, shape.kernel.width, shape.stride.width,
                                               shape.dilation.width, shape.padding.left);
      if (db != nullptr) detail::add<Arch>(db, dy, channels);
      for (std::size_t r = rows.first; r < rows.last; ++r) {
        const std::size_t at_row = row * shape.stride.height + r * shape.dilation.height - shape.padding.top;
        for (std::size_t s = columns.first; s < columns.last; ++s) {
          const std::size_t at = column * shape.stride.width + s * shape.dilation.width - shape.padding.left;
          const float* const from = x + (at_row * in.width + at) * channels;
          float* const to = dw + (r * shape.kernel.width + s) * channels;
          detail::over_lanes<Arch>(channels, [=]<class V>(std::size_t c) {
            detail::store(to + c, detail::multiply_add(detail::load<V>(from + c), detail::load<V>(dy + c),
                                                       detail::load<V>(to + c)));
          });
        }
      }
    }
  }
}

}  // namespace einet::nn

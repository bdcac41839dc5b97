#pragma once
// Gradients of the convolution of every channel by itself.

#include <einet/nn/kernels/depthwise_kernel.hpp>

#include <algorithm>
#include <cstddef>

namespace einet::nn {

namespace detail {

/// to[c] += a[c] · b[c].
template <class Arch>
void add_products(float* to, const float* a, const float* b, std::size_t channels) noexcept {
  over_lanes<Arch>(channels, [=]<class V>(std::size_t c) {
    store(to + c, multiply_add(load<V>(a + c), load<V>(b + c), load<V>(to + c)));
  });
}

}  // namespace detail

/// dx, overwritten, from dy for one image. `dy` is [out height][out width][channels], `dx`
/// [height][width][channels]. Allocates nothing.
template <class Arch = xsimd::default_arch>
void depthwise_backward_input(const PackedDepthwise& pack, const float* dy, float* dx) noexcept {
  const std::size_t channels = pack.shape().in.channels;
  const float* const weights = pack.weights();
  std::fill(dx, dx + pack.shape().in.size(), 0.f);
  detail::each_window(pack.shape(), [&](const detail::DepthwiseWindow& window) {
    window.each_tap([=](std::size_t tap, std::size_t pixel) {
      detail::add_products<Arch>(dx + pixel * channels, weights + tap * channels, dy, channels);
    });
    dy += channels;
    return true;
  });
}

/// Adds the gradients of one image to `dw`, ordered [tap][channel], and to `db` ([channel], or null for
/// none).
template <class Arch = xsimd::default_arch>
void depthwise_backward_weights(const ConvShape& shape, const float* x, const float* dy, float* dw,
                                float* db) noexcept {
  const std::size_t channels = shape.in.channels;
  detail::each_window(shape, [&](const detail::DepthwiseWindow& window) {
    if (db != nullptr) detail::add<Arch>(db, dy, channels);
    window.each_tap([=](std::size_t tap, std::size_t pixel) {
      detail::add_products<Arch>(dw + tap * channels, x + pixel * channels, dy, channels);
    });
    dy += channels;
    return true;
  });
}

#ifdef EINET_KERNELS
EINET_KERNELS template void depthwise_backward_input<xsimd::default_arch>(const PackedDepthwise&,
                                                                          const float*, float*) noexcept;
EINET_KERNELS template void depthwise_backward_weights<xsimd::default_arch>(const ConvShape&, const float*,
                                                                            const float*, float*,
                                                                            float*) noexcept;
#endif

}  // namespace einet::nn

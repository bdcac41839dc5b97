#pragma once
// What is done to the sums of a convolution before they are stored: residual, bounds, and no more channels
// than there are.

#include <einet/nn/kernels/conv2d_kernel.hpp>
#include <einet/nn/kernels/conv_tile.hpp>

#include <cstddef>

namespace einet::nn::detail {

/// Stores vectors of sums, bias included, where `maps` wants them.
template <class Arch>
class ConvOutput {
 public:
  using Lanes = xsimd::batch<float, Arch>;

  ConvOutput(const ConvMaps& maps, Bounds bounds) noexcept
      : maps_(maps), low_(bounds.low), high_(bounds.high) {}

  /// The channels from `channel` on, of which `left` exist.
  void store(std::size_t pixel, std::size_t channel, std::size_t left, Lanes sums) const noexcept {
    const bool whole = left >= Lanes::size;
    if (maps_.residual != nullptr) {
      const float* const from = maps_.residual + pixel * maps_.residual_pitch + channel;
      sums = sums + (whole ? Lanes::load_unaligned(from) : load_first<Arch>(from, left));
    }
    sums = xsimd::select(sums < low_, low_, sums);  // NaN passes
    sums = xsimd::select(sums > high_, high_, sums);
    float* const to = maps_.y + pixel * maps_.y_pitch + channel;
    if (whole) {
      sums.store_unaligned(to);
    } else {
      store_first<Arch>(sums, to, left);
    }
  }

 private:
  ConvMaps maps_;
  Lanes low_, high_;
};

}  // namespace einet::nn::detail

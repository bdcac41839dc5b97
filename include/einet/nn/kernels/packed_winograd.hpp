#pragma once
// The filters of Winograd's algorithm, transformed and in the order in which it reads them.

#include <einet/base/aligned.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/round_up.hpp>
#include <einet/nn/kernels/large_memory.hpp>
#include <einet/nn/kernels/packed_conv.hpp>
#include <einet/nn/kernels/product_tile.hpp>
#include <einet/nn/kernels/winograd_transform.hpp>

#include <algorithm>
#include <cstddef>
#include <span>

namespace einet::nn {

/// Whether Winograd's algorithm computes it: 3 × 3 taps side by side, stride 1, every input for every output.
[[nodiscard]] constexpr bool suits_winograd(const ConvShape& shape) noexcept {
  return shape.kernel == Extent{3} && shape.stride == Extent{1} && shape.dilation == Extent{1} &&
         shape.groups == 1;
}

/// Filters of F(M × M, 3 × 3), M 2 or 4, transformed and packed as
/// [product][block of output channels][input channel][channel of the block].
template <std::size_t M, class Arch = xsimd::default_arch>
class PackedWinograd {
 public:
  static constexpr std::size_t side = M + 2;  ///< of a tile of the input
  static constexpr std::size_t products = side * side;
  static constexpr std::size_t most_together = 24;  ///< tiles that are multiplied at a time

  /// As PackedConv. Throws std::invalid_argument if the shape or a size is wrong.
  PackedWinograd(const ConvShape& shape, std::span<const float> weights, std::span<const float> bias = {},
                 ChannelScale scale = {}, std::size_t vectors_per_block = 0)
      : shape_{(validate(shape), shape)},
        vectors_{(shape.out_channels + L - 1) / L},
        vectors_per_block_{vectors_per_block != 0
                               ? vectors_per_block
                               : detail::vectors_of_product<Arch>((std::min)(tiles(), most_together),
                                                                  vectors_, shape.in.channels)},
        weights_(products * product_size()),
        bias_(vectors_ * L),
        zeros_(einet::detail::round_up(shape.in.channels, L)) {
    constexpr const char* what = "Winograd convolution";
    einet::detail::expect(suits_winograd(shape), what, "kernel", shape.kernel.height,
                          "3 × 3 taps, stride and dilation 1, and one group");
    einet::detail::expect(weights.size() == shape.weights(), what, "weights.size()", weights.size(),
                          einet::detail::number(shape.weights()));
    for (std::size_t out = 0; out < shape.out_channels; ++out) {
      bias_[out] = detail::scaled_bias(bias, scale, out);
      const double factor = scale.factor.empty() ? 1. : double{scale.factor[out]};
      for (std::size_t in = 0; in < shape.in.channels; ++in)
        transform(weights.data() + (out * shape.in.channels + in) * 9, factor, at(in, out));
    }
  }

  [[nodiscard]] const ConvShape& shape() const noexcept { return shape_; }
  [[nodiscard]] std::size_t vectors() const noexcept { return vectors_; }
  [[nodiscard]] std::size_t vectors_per_block() const noexcept { return vectors_per_block_; }
  [[nodiscard]] std::size_t rows() const noexcept { return (shape_.out().height + M - 1) / M; }
  [[nodiscard]] std::size_t columns() const noexcept { return (shape_.out().width + M - 1) / M; }
  [[nodiscard]] std::size_t tiles() const noexcept { return rows() * columns(); }
  /// Tiles that are multiplied at a time. What belongs to them stays in the second-level cache.
  [[nodiscard]] std::size_t together() const noexcept {
    const std::size_t parts = (tiles() + most_together - 1) / most_together;
    return (tiles() + parts - 1) / parts;
  }

  /// Of one product, from the block of vectors that begins with `vector` on.
  [[nodiscard]] const float* weights(std::size_t product, std::size_t vector) const noexcept {
    return weights_.data() + product * product_size() + vector * L * shape_.in.channels;
  }
  [[nodiscard]] const float* bias() const noexcept { return bias_.data(); }
  /// A pixel outside the image.
  [[nodiscard]] const float* zeros() const noexcept { return zeros_.data(); }
  /// Channels of a tile of the input, rounded up to whole vectors.
  [[nodiscard]] std::size_t in_pitch() const noexcept { return zeros_.size(); }
  [[nodiscard]] std::size_t out_pitch() const noexcept { return bias_.size(); }

 private:
  static constexpr std::size_t L = detail::lanes<Arch>;
  [[nodiscard]] std::size_t product_size() const noexcept { return vectors_ * L * shape_.in.channels; }

  /// Where the first product of two channels lies.
  [[nodiscard]] float* at(std::size_t in, std::size_t out) noexcept {
    const std::size_t first = out / L / vectors_per_block_ * vectors_per_block_;
    const std::size_t wide = (std::min)(vectors_per_block_, vectors_ - first) * L;
    return weights_.data() + first * L * shape_.in.channels + in * wide + (out - first * L);
  }

  /// G g Gᵀ of one filter; in double, since nothing rounds less.
  void transform(const float* filter, double factor, float* to) noexcept {
    const auto& g = detail::Winograd<M>::filter;
    double half[side][3] = {};
    for (std::size_t r = 0; r < side; ++r)
      for (std::size_t s = 0; s < 3; ++s)
        for (std::size_t i = 0; i < 3; ++i) half[r][s] += g[r][i] * double{filter[i * 3 + s]};
    for (std::size_t r = 0; r < side; ++r)
      for (std::size_t s = 0; s < side; ++s) {
        double sum = 0;
        for (std::size_t i = 0; i < 3; ++i) sum += half[r][i] * g[s][i];
        to[(r * side + s) * product_size()] = static_cast<float>(sum * factor);
      }
  }

  ConvShape shape_;
  std::size_t vectors_, vectors_per_block_;
  LargeVector weights_;
  AlignedVector<float> bias_, zeros_;
};

}  // namespace einet::nn

#pragma once
// Convolution weights in the order in which the kernel reads them.

#include <einet/base/aligned.hpp>
#include <einet/base/assert.hpp>
#include <einet/nn/conv_geometry.hpp>
#include <einet/nn/conv_tile.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>

namespace einet::nn {

/// Weights packed as [block of output channels][row][column][input channel][channel of the block], and the
/// bias; output channels are padded with zeros to whole vectors. The number of vectors in a block suits the
/// number of pixels that the kernel sees at once. Taps that only ever meet padding are left out (on a map of
/// one pixel, a 3x3 kernel is a 1x1 kernel).
///
/// `for_input_gradient` packs the flipped kernel with inputs and outputs exchanged instead.
template <class Arch = xsimd::default_arch>
class PackedConv {
 public:
  /// Packs canonical weights ([out][in][kernel][kernel]) and bias ([out], or empty for none). `images` is the
  /// number of images expected per call of the kernel; any other number works too. Throws
  /// std::invalid_argument if the shape or a size is wrong.
  PackedConv(const ConvShape& shape, std::span<const float> weights, std::span<const float> bias = {},
             std::size_t images = 1)
      : PackedConv{shape, images, false} {
    repack(weights, bias);
  }

  /// The pack that `conv2d_backward_input` needs.
  [[nodiscard]] static PackedConv for_input_gradient(const ConvShape& shape, std::span<const float> weights,
                                                     std::size_t images = 1) {
    PackedConv pack{shape, images, true};
    pack.repack(weights);
    return pack;
  }

  /// Packs other weights of the same shape without allocating. Throws std::invalid_argument if a size is
  /// wrong.
  void repack(std::span<const float> weights, std::span<const float> bias = {}) {
    require(weights.size(), shape_.weights(), "weights");
    if (!bias.empty()) require(bias.size(), geometry_.out_channels, "bias");
    std::fill(bias_.begin(), bias_.end(), 0.0f);
    std::copy(bias.begin(), bias.end(), bias_.begin());
    constexpr std::size_t L = detail::lanes<Arch>;
    for (std::size_t first = 0; first < vectors(); first += vectors_per_block_) {
      const std::size_t wide = (std::min)(vectors_per_block_, vectors() - first) * L;
      const std::size_t exist = (std::min)(wide, geometry_.out_channels - first * L);
      float* const block = weights_.data() + first * L * depth();
      for (std::size_t in = 0; in < geometry_.in_channels; ++in)
        pack_channel(weights, first * L, in, wide, exist, block);
    }
  }

  [[nodiscard]] const ConvShape& shape() const noexcept { return shape_; }
  [[nodiscard]] bool is_input_gradient() const noexcept { return input_gradient_; }

  /// What the kernel reads.
  [[nodiscard]] const detail::ConvGeometry& geometry() const noexcept { return geometry_; }
  [[nodiscard]] std::size_t vectors() const noexcept {
    return (geometry_.out_channels + detail::lanes<Arch> - 1) / detail::lanes<Arch>;
  }
  [[nodiscard]] std::size_t vectors_per_block() const noexcept { return vectors_per_block_; }
  /// Live taps times input channels.
  [[nodiscard]] std::size_t depth() const noexcept { return geometry_.taps() * geometry_.in_channels; }
  [[nodiscard]] const float* weights() const noexcept { return weights_.data(); }
  [[nodiscard]] const float* bias() const noexcept { return bias_.data(); }

 private:
  PackedConv(const ConvShape& shape, std::size_t images, bool input_gradient)
      : shape_{(validate(shape), shape)},
        geometry_{input_gradient ? detail::input_gradient_geometry(shape) : detail::forward_geometry(shape)},
        input_gradient_{input_gradient},
        vectors_per_block_{
            detail::vectors_for<Arch>(geometry_.pixels() * (std::max)(images, std::size_t{1}))},
        weights_(vectors() * detail::lanes<Arch> * depth()),
        bias_(vectors() * detail::lanes<Arch>) {}

  static void require(std::size_t have, std::size_t need, const char* field) {
    if (have == need) return;
    throw std::invalid_argument{std::string{"packed convolution: "} + field + " has " + std::to_string(have) +
                                " values, " + std::to_string(need) + " expected"};
  }

  void pack_channel(std::span<const float> weights, std::size_t out, std::size_t in, std::size_t wide,
                    std::size_t exist, float* block) const noexcept {
    const std::size_t kernel = shape_.kernel;
    const std::size_t square = kernel * kernel;
    const std::size_t out_step = input_gradient_ ? square : shape_.in.channels * square;
    const std::size_t in_step = input_gradient_ ? shape_.in.channels * square : square;
    const detail::ConvAxis& rows = geometry_.rows;
    const detail::ConvAxis& columns = geometry_.columns;
    if (rows.live == 0 || columns.live == 0) return;  // the kernel meets padding alone, and `block` is null
    float* to = block + in * wide;
    for (std::size_t r = rows.first; r < rows.first + rows.live; ++r) {
      for (std::size_t s = columns.first; s < columns.first + columns.live; ++s) {
        const std::size_t tap = input_gradient_ ? square - 1 - (r * kernel + s) : r * kernel + s;
        const float* from = weights.data() + out * out_step + in * in_step + tap;
        for (std::size_t i = 0; i < exist; ++i) to[i] = from[i * out_step];
        for (std::size_t i = exist; i < wide; ++i) to[i] = 0.0f;
        to += geometry_.in_channels * wide;
      }
    }
  }

  ConvShape shape_;
  detail::ConvGeometry geometry_;
  bool input_gradient_;
  std::size_t vectors_per_block_;
  AlignedVector<float> weights_;
  AlignedVector<float> bias_;
};

}  // namespace einet::nn

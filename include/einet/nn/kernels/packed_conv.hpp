#pragma once
// Convolution weights in the order in which the kernel reads them.

#include <einet/base/aligned.hpp>
#include <einet/base/expect.hpp>
#include <einet/nn/kernels/conv_geometry.hpp>
#include <einet/nn/kernels/conv_tile.hpp>
#include <einet/nn/kernels/large_memory.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>

namespace einet::nn {

/// What a convolution is multiplied by and shifted by, channel by channel, once it is summed: a batch norm
/// that is folded into it. Empty spans change nothing.
struct ChannelScale {
  std::span<const float> factor{}, shift{};
};

namespace detail {

/// The shift of an output channel, once its factor is in the weights.
[[nodiscard]] inline float scaled_bias(std::span<const float> bias, ChannelScale scale,
                                       std::size_t channel) noexcept {
  const float before = bias.empty() ? 0.f : bias[channel];
  const float scaled = scale.factor.empty() ? before : before * scale.factor[channel];
  return scale.shift.empty() ? scaled : scaled + scale.shift[channel];
}

}  // namespace detail

/// Weights packed as [group][block of output channels][row][column][input channel][channel of the block], and
/// the bias; output channels are padded with zeros to whole vectors. The number of vectors in a block suits
/// the number of pixels that the kernel sees at once. Taps that only ever meet padding are left out (on a map
/// of one pixel, a 3x3 kernel is a 1x1 kernel).
///
/// `for_input_gradient` packs the flipped kernel with inputs and outputs exchanged instead.
template <class Arch = xsimd::default_arch>
class PackedConv {
 public:
  /// Packs weights in PyTorch's order (see ConvShape) and a bias ([out], or empty for none). `images` is the
  /// number of images expected per call of the kernel; any other number works too. `vectors_per_block` is
  /// chosen if it is 0. Throws std::invalid_argument if the shape or a size is wrong.
  PackedConv(const ConvShape& shape, std::span<const float> weights, std::span<const float> bias = {},
             std::size_t images = 1, ChannelScale scale = {}, std::size_t vectors_per_block = 0)
      : PackedConv{shape, images, false, vectors_per_block} {
    repack(weights, bias, scale);
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
  void repack(std::span<const float> weights, std::span<const float> bias = {}, ChannelScale scale = {}) {
    const std::size_t outputs = geometry_.all_out();
    require(weights.size(), shape_.weights(), "weights.size()");
    if (!bias.empty()) require(bias.size(), outputs, "bias.size()");
    if (!scale.factor.empty()) require(scale.factor.size(), outputs, "factor.size()");
    if (!scale.shift.empty()) require(scale.shift.size(), outputs, "shift.size()");
    constexpr std::size_t L = detail::lanes<Arch>;
    std::fill(bias_.begin(), bias_.end(), 0.0f);
    for (std::size_t c = 0; c < outputs; ++c) {
      const std::size_t group = c / geometry_.out_channels;
      bias_[group * vectors() * L + c % geometry_.out_channels] = detail::scaled_bias(bias, scale, c);
    }
    if (depth() == 0) return;  // the kernel meets padding alone
    for (std::size_t group = 0; group < geometry_.groups; ++group) {
      for (std::size_t first = 0; first < vectors(); first += vectors_per_block_) {
        const std::size_t wide = (std::min)(vectors_per_block_, vectors() - first) * L;
        const std::size_t exist = (std::min)(wide, geometry_.out_channels - first * L);
        float* const block = weights_.data() + group * group_size() + first * L * depth();
        for (std::size_t in = 0; in < geometry_.in_channels; ++in)
          pack_channel(weights, scale.factor, group, first * L, in, wide, exist, block);
      }
    }
  }

  [[nodiscard]] const ConvShape& shape() const noexcept { return shape_; }
  [[nodiscard]] bool is_input_gradient() const noexcept { return input_gradient_; }

  /// What the kernel reads.
  [[nodiscard]] const detail::ConvGeometry& geometry() const noexcept { return geometry_; }
  /// Vectors of output channels in a group.
  [[nodiscard]] std::size_t vectors() const noexcept {
    return (geometry_.out_channels + detail::lanes<Arch> - 1) / detail::lanes<Arch>;
  }
  [[nodiscard]] std::size_t vectors_per_block() const noexcept { return vectors_per_block_; }
  /// Live taps times input channels of a group.
  [[nodiscard]] std::size_t depth() const noexcept { return geometry_.taps() * geometry_.in_channels; }
  [[nodiscard]] const float* weights(std::size_t group = 0) const noexcept {
    return weights_.data() + group * group_size();
  }
  [[nodiscard]] const float* bias(std::size_t group = 0) const noexcept {
    return bias_.data() + group * vectors() * detail::lanes<Arch>;
  }

 private:
  PackedConv(const ConvShape& shape, std::size_t images, bool input_gradient,
             std::size_t vectors_per_block = 0)
      : shape_{(validate(shape), shape)},
        geometry_{input_gradient ? detail::input_gradient_geometry(shape) : detail::forward_geometry(shape)},
        input_gradient_{input_gradient},
        vectors_per_block_{
            vectors_per_block != 0
                ? vectors_per_block
                : detail::vectors_for<Arch>(geometry_.pixels() * (std::max)(images, std::size_t{1}))},
        weights_(geometry_.groups * group_size()),
        bias_(geometry_.groups * vectors() * detail::lanes<Arch>) {}

  static void require(std::size_t have, std::size_t need, const char* field) {
    einet::detail::expect(have == need, "packed convolution", field, have, einet::detail::number(need));
  }

  [[nodiscard]] std::size_t group_size() const noexcept { return vectors() * detail::lanes<Arch> * depth(); }

  void pack_channel(std::span<const float> weights, std::span<const float> factor, std::size_t group,
                    std::size_t out, std::size_t in, std::size_t wide, std::size_t exist,
                    float* block) const noexcept {
    const std::size_t taps = shape_.taps();
    const std::size_t group_inputs = shape_.in.channels / shape_.groups;
    const std::size_t out_step = input_gradient_ ? taps : group_inputs * taps;
    const std::size_t in_step = input_gradient_ ? group_inputs * taps : taps;
    const float* const group_weights = weights.data() + group * (shape_.weights() / shape_.groups);
    const float* const scale =
        factor.empty() ? nullptr : factor.data() + group * geometry_.out_channels + out;
    const detail::ConvAxis& rows = geometry_.rows;
    const detail::ConvAxis& columns = geometry_.columns;
    float* to = block + in * wide;
    for (std::size_t r = rows.first; r < rows.first + rows.live; ++r) {
      for (std::size_t s = columns.first; s < columns.first + columns.live; ++s) {
        const std::size_t at = r * shape_.kernel.width + s;
        const float* from =
            group_weights + out * out_step + in * in_step + (input_gradient_ ? taps - 1 - at : at);
        for (std::size_t i = 0; i < exist; ++i)
          to[i] = scale == nullptr ? from[i * out_step] : from[i * out_step] * scale[i];
        for (std::size_t i = exist; i < wide; ++i) to[i] = 0.0f;
        to += geometry_.in_channels * wide;
      }
    }
  }

  ConvShape shape_;
  detail::ConvGeometry geometry_;
  bool input_gradient_;
  std::size_t vectors_per_block_;
  LargeVector weights_;
  AlignedVector<float> bias_;
};

}  // namespace einet::nn

#pragma once
// The step of a convolution, with all that is fused into it, by any of the kernels.

#include <einet/nn/inference/step.hpp>
#include <einet/nn/inference/steps.hpp>
#include <einet/nn/kernels/conv2d_kernel.hpp>
#include <einet/nn/kernels/conv_by_taps.hpp>
#include <einet/nn/kernels/conv_kernel.hpp>
#include <einet/nn/kernels/depthwise_kernel.hpp>
#include <einet/nn/kernels/winograd.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <variant>

namespace einet::nn {

/// The weights of a convolution as one of the kernels reads them; the alternatives are in the order of
/// `ConvKernel`.
using ConvPack =
    std::variant<PackedConv<>, PackedTaps<>, PackedWinograd<2>, PackedWinograd<4>, PackedDepthwise>;

/// Packs weights in PyTorch's order for a kernel that suits the shape. `vectors_per_block` is chosen if it is
/// 0, and means nothing to the depthwise kernel. Throws std::invalid_argument if the shape or a size is
/// wrong.
/// @pre suits(kernel, shape)
[[nodiscard]] inline ConvPack pack_conv(ConvKernel kernel, const ConvShape& shape,
                                        std::span<const float> weights, std::span<const float> bias = {},
                                        ChannelScale scale = {}, std::size_t vectors_per_block = 0) {
  EINET_ASSERT(suits(kernel, shape));
  switch (kernel) {
    case ConvKernel::direct:
      return PackedConv<>{shape, weights, bias, 1, scale, vectors_per_block};
    case ConvKernel::by_taps:
      return PackedTaps<>{shape, weights, bias, scale, vectors_per_block};
    case ConvKernel::winograd_2:
      return PackedWinograd<2>{shape, weights, bias, scale, vectors_per_block};
    case ConvKernel::winograd_4:
      return PackedWinograd<4>{shape, weights, bias, scale, vectors_per_block};
    case ConvKernel::depthwise:
      break;
  }
  return PackedDepthwise{shape, weights, bias, scale};
}

/// y = activation(convolution of input 0 + input 1, if there is one).
class ConvStep final : public Step {
 public:
  ConvStep(ConvPack pack, Epilogue epilogue) : pack_(std::move(pack)), epilogue_(epilogue) {}

  [[nodiscard]] ConvKernel kernel() const noexcept { return static_cast<ConvKernel>(pack_.index()); }

  /// Of output channels in a block of weights; 1 for the depthwise kernel.
  [[nodiscard]] std::size_t vectors_per_block() const noexcept {
    if (const auto* const pack = std::get_if<0>(&pack_)) return pack->vectors_per_block();
    if (const auto* const pack = std::get_if<1>(&pack_)) return pack->vectors_per_block();
    if (const auto* const pack = std::get_if<2>(&pack_)) return pack->vectors_per_block();
    if (const auto* const pack = std::get_if<3>(&pack_)) return pack->vectors_per_block();
    return 1;
  }

  [[nodiscard]] bool run(const StepMaps& maps, PacedStop& stop) const noexcept override {
    const MapView<const float> in = maps.in();
    const MapView<float> out = maps.out();
    ConvMaps call{in.data, in.pitch, out.data, out.pitch};
    if (maps.inputs() > 1) {
      call.residual = maps.in(1).data;
      call.residual_pitch = maps.in(1).pitch;
    }
    return convolve(call, maps.scratch(), stop) && detail::finish(epilogue_, out, stop);
  }

  [[nodiscard]] std::size_t scratch() const noexcept override {
    if (const auto* const pack = std::get_if<0>(&pack_)) return conv2d_workspace(pack->shape());
    if (const auto* const pack = std::get_if<1>(&pack_)) return conv_workspace(*pack);
    if (const auto* const pack = std::get_if<2>(&pack_)) return conv_workspace(*pack);
    if (const auto* const pack = std::get_if<3>(&pack_)) return conv_workspace(*pack);
    return 0;
  }

 private:
  [[nodiscard]] bool convolve(const ConvMaps& maps, float* scratch, PacedStop& stop) const noexcept {
    const Bounds bounds = epilogue_.bounds();
    if (const auto* const pack = std::get_if<0>(&pack_))
      return conv2d_forward(*pack, maps, scratch, bounds, 1, stop);
    if (const auto* const pack = std::get_if<1>(&pack_))
      return conv_by_taps(*pack, maps, scratch, bounds, stop);
    if (const auto* const pack = std::get_if<2>(&pack_))
      return conv_by_winograd(*pack, maps, scratch, bounds, stop);
    if (const auto* const pack = std::get_if<3>(&pack_))
      return conv_by_winograd(*pack, maps, scratch, bounds, stop);
    return depthwise_forward(*std::get_if<4>(&pack_), maps, bounds, stop);
  }

  ConvPack pack_;
  Epilogue epilogue_;
};

}  // namespace einet::nn

#pragma once
// What layers say that they compute, before it becomes steps.

#include <einet/base/aligned.hpp>
#include <einet/nn/inference/conv_step.hpp>
#include <einet/nn/inference/step.hpp>
#include <einet/nn/inference/steps.hpp>
#include <einet/nn/kernels/conv_shape.hpp>
#include <einet/nn/weights.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace einet::nn {

/// A convolution and all that is fused into it: y = activation(scale(convolution of input 0) + input 1), the
/// latter if there is one. The spans live as long as a call.
struct FusedConv {
  ConvShape shape;
  std::span<const float> weights;  ///< in PyTorch's order, see ConvShape
  std::span<const float> bias;     ///< [out_channels], or empty
  ChannelScale scale;
  Epilogue epilogue;
  std::span<const Place> inputs;  ///< one or two
  Place output;
  ConvKernel kernel = ConvKernel::direct;  ///< which of einet's own the network would take
  std::size_t vectors_per_block = 0;       ///< of that kernel's weights; 0: what suits the shape
};

/// Makes the step of a convolution in place of einet's own kernel, or nothing to leave it to that.
using ConvMaker = std::function<std::unique_ptr<Step>(const FusedConv&)>;

}  // namespace einet::nn

namespace einet::nn::detail {

/// What becomes a step, unless it is fused into another one or is only a matter of where maps lie.
struct Operation {
  enum class Kind { conv, scale, activation, sum, concat, pixel, step };

  Kind kind = Kind::step;
  std::size_t part = 0;   // twice the block, plus one for its branch
  std::size_t layer = 0;  // of the graph
  std::vector<std::size_t> inputs{};
  std::size_t output = 0;
  bool gone = false;  // fused into another

  ConvShape shape{};
  const Weights* weights = nullptr;
  const Weights* bias = nullptr;
  AlignedVector<float> factor{}, shift{};
  Epilogue epilogue{};
  std::size_t pixel = 0;
  std::unique_ptr<Step> step{};
};

/// A convolution that is fused and folded.
[[nodiscard]] inline FusedConv fused_conv(const Operation& operation, std::span<const Place> inputs,
                                          const Place& output, ConvKernel kernel) {
  return {operation.shape,
          operation.weights->values(),
          operation.bias != nullptr ? operation.bias->values() : std::span<const float>{},
          {operation.factor, operation.shift},
          operation.epilogue,
          inputs,
          output,
          kernel,
          0};
}

/// Its step by einet's own kernel.
[[nodiscard]] inline std::unique_ptr<ConvStep> make_own_step(const FusedConv& conv) {
  return std::make_unique<ConvStep>(
      pack_conv(conv.kernel, conv.shape, conv.weights, conv.bias, conv.scale, conv.vectors_per_block),
      conv.epilogue);
}

/// The step of any other operation, or nothing where it is only a matter of where maps lie.
[[nodiscard]] inline std::unique_ptr<Step> make_step(Operation& operation) {
  switch (operation.kind) {
    case Operation::Kind::scale:
      return std::make_unique<ScaleStep>(std::move(operation.factor), std::move(operation.shift),
                                         operation.epilogue);
    case Operation::Kind::activation:
      return std::make_unique<ActivationStep>(operation.epilogue);
    case Operation::Kind::sum:
      return std::make_unique<SumStep>(operation.epilogue);
    case Operation::Kind::step:
      return std::move(operation.step);
    case Operation::Kind::conv:
    case Operation::Kind::concat:
    case Operation::Kind::pixel:
      break;
  }
  return nullptr;
}

}  // namespace einet::nn::detail

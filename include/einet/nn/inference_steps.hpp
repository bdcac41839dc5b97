#pragma once
// From trained layers to inference steps: batch norm is folded into the convolution or linear layer before
// it, activations are fused, dropout and flattening vanish.

#include <einet/nn/adaptive_average_pool.hpp>
#include <einet/nn/batch_norm.hpp>
#include <einet/nn/conv2d.hpp>
#include <einet/nn/dropout.hpp>
#include <einet/nn/flatten.hpp>
#include <einet/nn/inference_step.hpp>
#include <einet/nn/linear.hpp>
#include <einet/nn/max_pool.hpp>
#include <einet/nn/relu.hpp>
#include <einet/nn/sequential.hpp>

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace einet::nn {

namespace detail {

/// Takes layers one by one; a convolution is held back until it is clear what it absorbs.
template <class Arch>
class StepBuilder {
 public:
  explicit StepBuilder(Shape in) : shape_{in} {}

  void add(const Layer& layer) {
    const Shape out = layer.output(shape_);
    if (const auto* conv = layer_cast<Conv2d>(layer)) {
      hold(conv->shape(), conv->weight(), conv->bias());
    } else if (const auto* linear = layer_cast<Linear>(layer)) {
      hold(linear_shape(linear->inputs(), linear->outputs()), linear->weight(), linear->bias());
    } else if (const auto* norm = layer_cast<BatchNorm>(layer)) {
      scale(*norm);
    } else if (layer_cast<Relu>(layer) != nullptr) {
      rectify();
    } else if (const auto* pool = layer_cast<MaxPool>(layer)) {
      release();
      steps_.push_back(MaxPoolStep<Arch>{shape_, out, pool->kernel(), pool->stride(), pool->padding()});
    } else if (layer_cast<AdaptiveAveragePool>(layer) != nullptr) {
      release();
      if (out != shape_) steps_.push_back(AveragePoolStep<Arch>{shape_, out});
    } else if (layer_cast<Flatten>(layer) != nullptr) {
      release();
    } else if (layer_cast<Dropout>(layer) == nullptr) {
      throw std::invalid_argument{"inference: no step for a layer of kind " + std::string{layer.kind()}};
    }
    shape_ = out;
  }

  [[nodiscard]] std::vector<Step<Arch>> finish() {
    release();
    return std::move(steps_);
  }

 private:
  struct Held {
    ConvShape shape;
    std::vector<float> weights, bias;
    Activation activation = Activation::none;
  };

  void hold(const ConvShape& shape, std::span<const float> weights, std::span<const float> bias) {
    release();
    held_ = Held{shape, {weights.begin(), weights.end()}, {bias.begin(), bias.end()}};
    held_->bias.resize(shape.out_channels);
  }

  void release() {
    if (!held_) return;
    steps_.push_back(
        ConvStep<Arch>{PackedConv<Arch>{held_->shape, held_->weights, held_->bias}, held_->activation});
    held_.reset();
  }

  void scale(const BatchNorm& norm) {
    const std::size_t channels = norm.channels();
    AlignedVector<float> factor(channels), shift(channels);
    for (std::size_t c = 0; c < channels; ++c) {
      factor[c] = norm.weight()[c] / std::sqrt(norm.running_variance()[c] + norm.epsilon());
      shift[c] = norm.bias()[c] - norm.running_mean()[c] * factor[c];
    }
    if (!held_ || held_->activation != Activation::none) {
      release();
      steps_.push_back(ScaleStep<Arch>{shape_, std::move(factor), std::move(shift)});
      return;
    }
    const std::size_t per_channel = held_->weights.size() / channels;
    for (std::size_t i = 0; i < held_->weights.size(); ++i) held_->weights[i] *= factor[i / per_channel];
    for (std::size_t c = 0; c < channels; ++c) held_->bias[c] = held_->bias[c] * factor[c] + shift[c];
  }

  void rectify() {
    if (held_) {
      held_->activation = Activation::relu;
      return;
    }
    if (!steps_.empty()) {
      if (auto* before = std::get_if<ScaleStep<Arch>>(&steps_.back())) {
        before->activation = Activation::relu;
        return;
      }
    }
    steps_.push_back(ScaleStep<Arch>{shape_, AlignedVector<float>(shape_.channels, 1.0f),
                                     AlignedVector<float>(shape_.channels), Activation::relu});
  }

  Shape shape_;
  std::optional<Held> held_;
  std::vector<Step<Arch>> steps_;
};

}  // namespace detail

/// The steps of a chain of trained layers in evaluation mode, for images of shape `in`. Throws
/// std::invalid_argument naming the layer that does not fit or has no inference step.
template <class Arch = xsimd::default_arch>
[[nodiscard]] std::vector<Step<Arch>> inference_steps(const Sequential& layers, Shape in) {
  detail::StepBuilder<Arch> builder{in};
  for (std::size_t i = 0; i < layers.size(); ++i) {
    try {
      builder.add(layers[i]);
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument{"layer " + std::to_string(i) + ": " + error.what()};
    }
  }
  return builder.finish();
}

}  // namespace einet::nn

#pragma once
// A chain of layers: a conv part, a branch, a head.

#include <einet/nn/layer.hpp>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace einet::nn {

/// A chain of layers; with none it is the identity. A copy owns copies of the layers.
class Sequential {
 public:
  Sequential() = default;
  /// For instance Sequential{Flatten{}, Linear{16, 10}}.
  template <class... Layers>
  requires(sizeof...(Layers) > 0 &&
           (std::is_base_of_v<Layer, Layers> && ...)) explicit Sequential(Layers... layers) {
    (add(std::move(layers)), ...);
  }
  Sequential(const Sequential& other) {
    for (const auto& layer : other.layers_) layers_.push_back(layer->clone());
    steps_ = other.steps_;
  }
  Sequential(Sequential&&) noexcept = default;
  Sequential& operator=(Sequential other) noexcept {
    layers_ = std::move(other.layers_);
    steps_ = std::move(other.steps_);
    outputs_ = std::move(other.outputs_);
    return *this;
  }
  ~Sequential() = default;

  /// Appends a layer.
  template <class L>
  requires std::is_base_of_v<Layer, L> Sequential& add(L layer) {
    if (layers_.empty() || !layers_.back()->absorb(layer)) steps_.push_back(layers_.size());
    layers_.push_back(std::make_unique<L>(std::move(layer)));
    return *this;
  }

  [[nodiscard]] bool empty() const noexcept { return layers_.empty(); }
  /// Number of layers.
  [[nodiscard]] std::size_t size() const noexcept { return layers_.size(); }
  [[nodiscard]] const Layer& operator[](std::size_t layer) const noexcept { return *layers_[layer]; }
  [[nodiscard]] Layer& operator[](std::size_t layer) noexcept { return *layers_[layer]; }

  /// The output shape for an input shape. Throws std::invalid_argument naming the layer that does not fit.
  [[nodiscard]] Shape output(Shape input) const {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      try {
        input = layers_[i]->output(input);
      } catch (const std::invalid_argument& error) {
        throw std::invalid_argument("layer " + std::to_string(i) + ": " + error.what());
      }
    }
    return input;
  }

  /// The last layer's output (x itself if there is none), valid until the next forward.
  const Tensor& forward(const Tensor& x, const Pass& pass) {
    outputs_.resize(steps_.size());
    const Tensor* at = &x;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      layers_[steps_[i]]->forward(*at, outputs_[i], pass.part(steps_[i]));
      at = &outputs_[i];
    }
    return *at;
  }

  /// The last forward's output. Precondition: not empty, run before.
  [[nodiscard]] const Tensor& result() const noexcept { return outputs_.back(); }

  /// Computes the gradients of all parameters from the loss's gradient with respect to the output and, unless
  /// `dx` is null, the gradient with respect to the input. Preconditions: not empty; x and pass are those of
  /// the last forward; dx is not one of the workspace's gradients in slots 0 and 1.
  void backward(const Tensor& x, const Tensor& dy, Tensor* dx, const Pass& pass) {
    EINET_ASSERT(!empty());
    const Tensor* above = &dy;
    for (std::size_t i = steps_.size(); i-- > 0;) {
      const Tensor& input = i == 0 ? x : outputs_[i - 1];
      // Neighbours must not share a tensor: even layers write slot 0, odd ones slot 1.
      Tensor* below =
          i == 0 ? dx
                 : &pass.workspace->gradient(input.shape(0), image_shape(input), static_cast<int>(i % 2));
      layers_[steps_[i]]->backward(input, outputs_[i], *above, below, pass.part(steps_[i]));
      above = below;
    }
  }

  /// f(parameter) for every array of every layer, named "<prefix><layer>.<name>" in the layers' order.
  template <class F>
  void for_each_parameter(const std::string& prefix, F&& f) const {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      for (Parameter& parameter : layers_[i]->parameters()) {
        parameter.name = prefix + std::to_string(i) + "." + parameter.name;
        f(parameter);
      }
    }
  }

 private:
  std::vector<std::unique_ptr<Layer>> layers_;
  std::vector<std::size_t> steps_;  // layers that are run; layers before them have absorbed the others
  std::vector<Tensor> outputs_;     // of each step
};

}  // namespace einet::nn

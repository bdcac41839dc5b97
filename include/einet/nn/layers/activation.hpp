#pragma once
// Activation functions, value by value.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/kernels/activation.hpp>
#include <einet/nn/layer.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace einet::nn {

/// Applies an activation to every value.
class ActivationLayer final : public Layer {
 public:
  /// @param slope of leaky ReLU below 0
  /// Throws std::invalid_argument unless the slope is finite.
  explicit ActivationLayer(Activation activation, float slope = 0.f)
      : activation_(activation), slope_(slope) {
    einet::detail::expect(is_finite(slope), kind(), "slope", slope, "a finite number");
  }

  [[nodiscard]] std::string_view kind() const noexcept override { return name_of(activation_); }
  [[nodiscard]] Activation activation() const noexcept override { return activation_; }

  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    return detail::only(kind(), inputs);
  }
  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    return to.activation(inputs[0], activation_, slope_);
  }

  void forward(const ForwardPass& pass) override {
    const float* const x = pass.inputs[0].data;
    pass.workers->pieces(pass.batch * pass.shape.size(), 16384, [&](std::size_t first, std::size_t last) {
      activate(activation_, slope_, x + first, pass.output + first, last - first);
    });
  }
  void backward(const BackwardPass& pass) override {
    float* const dx = pass.input_gradients[0];
    if (dx == nullptr) return;
    const float* const x = pass.inputs[0].data;
    pass.workers->pieces(pass.batch * pass.shape.size(), 16384, [&](std::size_t first, std::size_t last) {
      activate_backward(activation_, slope_, x + first, pass.gradient + first, dx + first, last - first);
    });
  }

 private:
  Activation activation_;
  float slope_;
};

/// Applies `activation` to every value.
inline Map activation(const Map& x, Activation activation, std::string name = {}) {
  return add(ActivationLayer(activation), x, std::move(name));
}
/// max(x, 0).
inline Map relu(const Map& x) {
  return activation(x, Activation::relu);
}
/// min(max(x, 0), 6).
inline Map relu6(const Map& x) {
  return activation(x, Activation::relu6);
}
/// 1 / (1 + exp(-x)).
inline Map sigmoid(const Map& x) {
  return activation(x, Activation::sigmoid);
}
/// x · sigmoid(x).
inline Map silu(const Map& x) {
  return activation(x, Activation::silu);
}
/// relu6(x + 3) / 6.
inline Map hard_sigmoid(const Map& x) {
  return activation(x, Activation::hard_sigmoid);
}
/// x · hard_sigmoid(x).
inline Map hard_swish(const Map& x) {
  return activation(x, Activation::hard_swish);
}
/// x times the normal distribution function of x.
inline Map gelu(const Map& x) {
  return activation(x, Activation::gelu);
}
/// The hyperbolic tangent.
inline Map tanh(const Map& x) {
  return activation(x, Activation::tanh);
}
/// x, or slope · x below 0. Throws std::invalid_argument unless the slope is finite.
inline Map leaky_relu(const Map& x, float slope = .01f) {
  return add(ActivationLayer(Activation::leaky_relu, slope), x);
}

}  // namespace einet::nn

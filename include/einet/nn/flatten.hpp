#pragma once
// From a feature map to the vector that a linear layer takes.

#include <einet/nn/layer.hpp>

#include <algorithm>

namespace einet::nn {

/// [height][width][channels] → [1][1][height·width·channels]. Channels vary fastest: PyTorch's flatten orders
/// the same map differently, so the weights of the linear layer that follows are in another order.
class Flatten final : public Layer {
 public:
  static constexpr std::string_view name = "Flatten";

  [[nodiscard]] std::string_view kind() const noexcept override { return name; }
  [[nodiscard]] Shape output(Shape input) const override { return {1, 1, input.size()}; }

  void forward(const Tensor& x, Tensor& y, const Pass&) override {
    resize(y, x.shape(0), output(image_shape(x)));
    std::copy(x.data(), x.data() + x.size(), y.data());
  }

  void backward(const Tensor& x, const Tensor&, const Tensor& dy, Tensor* dx, const Pass&) override {
    if (dx == nullptr) return;
    resize(*dx, x.shape(0), image_shape(x));
    std::copy(dy.data(), dy.data() + dy.size(), dx->data());
  }

  [[nodiscard]] std::unique_ptr<Layer> clone() const override { return std::make_unique<Flatten>(*this); }
};

}  // namespace einet::nn

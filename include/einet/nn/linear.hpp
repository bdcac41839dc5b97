#pragma once
// Fully connected layer over batches.

#include <einet/nn/conv2d.hpp>
#include <einet/nn/layer.hpp>
#include <einet/nn/linear_kernel.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace einet::nn {

/// y = weight · x + bias with weights [out][in], for inputs of shape 1 × 1 × in. A batch of vectors is
/// computed as a 1 × 1 convolution, with the same register tiles.
class Linear final : public Layer {
 public:
  /// Throws std::invalid_argument if a size is 0.
  explicit Linear(std::size_t in, std::size_t out, bool bias = true)
      : product_(linear_shape(in, out), bias) {}

  [[nodiscard]] std::size_t inputs() const noexcept { return product_.shape().in.channels; }
  [[nodiscard]] std::size_t outputs() const noexcept { return product_.shape().out_channels; }
  [[nodiscard]] std::span<const float> weight() const noexcept { return product_.weight(); }
  /// Empty if the layer has none.
  [[nodiscard]] std::span<const float> bias() const noexcept { return product_.bias(); }

  static constexpr std::string_view name = "Linear";

  [[nodiscard]] std::string_view kind() const noexcept override { return name; }

  [[nodiscard]] Shape output(Shape input) const override {
    if (input != Shape{1, 1, inputs()}) {
      detail::refuse(kind(), input, detail::text({1, 1, inputs()}) + " (is a Flatten missing?)");
    }
    return {1, 1, outputs()};
  }

  void forward(const Tensor& x, Tensor& y, const Pass& pass) override {
    static_cast<void>(output(image_shape(x)));
    product_.forward(x, y, pass);
  }

  void backward(const Tensor& x, const Tensor& y, const Tensor& dy, Tensor* dx, const Pass& pass) override {
    product_.backward(x, y, dy, dx, pass);
  }

  [[nodiscard]] std::vector<Parameter> parameters() override {
    std::vector<Parameter> all = product_.parameters();
    all.front().shape = {outputs(), inputs()};
    return all;
  }

  [[nodiscard]] std::unique_ptr<Layer> clone() const override { return std::make_unique<Linear>(*this); }

 private:
  Conv2d product_;
};

}  // namespace einet::nn

#pragma once
// What every layer of the trainable kernel set offers: shapes, a forward pass, a backward pass, parameters in
// PyTorch's order and with its names.

#include <einet/base/assert.hpp>
#include <einet/nn/tensor.hpp>
#include <einet/nn/workspace.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace einet::nn {

/// One array of a layer, as it is stored and trained.
struct Parameter {
  std::string name;                ///< as in PyTorch: weight, bias, running_mean, …
  std::vector<std::size_t> shape;  ///< in PyTorch's order, [out][in][height][width] for a convolution
  std::span<float> values;
  std::span<float> gradient;  ///< as many as values; empty if not trained (running statistics)
};

/// A step of a network that can be trained. Passes run over whole batches, in parallel on oneTBB, with
/// results that do not depend on the number of threads.
class Layer {
 public:
  virtual ~Layer() = default;

  /// Conv2d, BatchNorm, …: for messages, and to tell layers apart without RTTI. The names of einet's own
  /// layers are reserved.
  [[nodiscard]] virtual std::string_view kind() const noexcept = 0;

  /// The output shape for an input shape. Throws std::invalid_argument if the input does not fit.
  [[nodiscard]] virtual Shape output(Shape input) const = 0;

  /// Computes y (resized as needed) from x. Precondition: output(image_shape(x)) does not throw.
  virtual void forward(const Tensor& x, Tensor& y, const Pass& pass) = 0;

  /// From the loss's gradient `dy` with respect to y, writes (does not add) the gradients of the parameters
  /// and, unless `dx` is null, the gradient with respect to x. Precondition: x, y and pass are those of the
  /// last forward, pass.training.
  virtual void backward(const Tensor& x, const Tensor& y, const Tensor& dy, Tensor* dx, const Pass& pass) = 0;

  /// All arrays of the layer; the spans stay valid as long as the layer lives.
  [[nodiscard]] virtual std::vector<Parameter> parameters() { return {}; }

  /// Takes over the work of the next layer, if it can: y is then the next layer's output, and that layer must
  /// not be run.
  [[nodiscard]] virtual bool absorb(const Layer& next) {
    static_cast<void>(next);
    return false;
  }

  [[nodiscard]] virtual std::unique_ptr<Layer> clone() const = 0;

 protected:
  Layer() = default;
  Layer(const Layer&) = default;
  Layer& operator=(const Layer&) = default;
};

namespace detail {

/// The layer as an L, null unless it is one.
template <class L>
[[nodiscard]] const L* layer_cast(const Layer& layer) noexcept {
  return layer.kind() == L::name ? static_cast<const L*>(&layer) : nullptr;
}

[[nodiscard]] inline std::string text(Shape shape) {
  return std::to_string(shape.height) + "x" + std::to_string(shape.width) + "x" +
         std::to_string(shape.channels);
}

[[noreturn]] inline void refuse(std::string_view kind, Shape input, const std::string& expected) {
  EINET_THROW(std::invalid_argument(std::string(kind) + ": input " + text(input) +
                                    " (height x width x channels) does not fit, expected " + expected));
}

}  // namespace detail

}  // namespace einet::nn

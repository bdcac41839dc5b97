#pragma once
// What every layer offers, einet's own and a user's: the shape of its output, its parameters, how it is
// lowered for inference, and how it is trained. All of a layer stands in one file.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/nn/shape.hpp>
#include <einet/nn/weights.hpp>
#include <einet/nn/workers.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace einet::nn {

class Layer;
class Lowering;
struct LoweredMap;
enum class Activation;

/// One array of a layer, as it is stored, loaded and perhaps trained.
struct Parameter {
  std::string name;     ///< as in PyTorch: weight, bias, running_mean, …
  Weights* weights;     ///< never null
  bool trained = true;  ///< false: statistics, which only forward passes change
  /// Of the normal distribution from which its values are drawn before training; 0: they begin as they are.
  float deviation = 0.f;
};

/// A batch of maps, [batch][height][width][channels] without gaps.
struct BatchView {
  const float* data = nullptr;
  Shape shape{};
};

/// What a layer is told about a forward pass.
struct ForwardPass {
  std::size_t batch;
  std::span<const BatchView> inputs;
  float* output;               ///< [batch][output shape], to be written
  Shape shape;                 ///< of the output
  bool training = false;       ///< batch statistics and dropout, or running statistics and none
  std::uint64_t seed = 0;      ///< for the layer's random numbers of this step
  Workers* workers = nullptr;  ///< never null
  /// A layer that this one absorbs, to be computed in the same go: the output is that layer's. Null for none.
  const Layer* absorbed = nullptr;
  std::span<float> kept{};  ///< in training, `kept()` numbers to be written for the backward pass
};

/// What a layer is told about the backward pass that belongs to the last forward pass, which was in training.
struct BackwardPass {
  std::size_t batch;
  std::span<const BatchView> inputs;
  const float* output;    ///< as the forward pass wrote it
  const float* gradient;  ///< of the loss with respect to the output
  Shape shape;            ///< of the output
  /// One per input, to be written (not added to): the gradient with respect to it; null if nobody asks.
  std::span<float* const> input_gradients;
  /// One per trained parameter, in the order of `parameters()`, to be written.
  std::span<const std::span<float>> parameter_gradients;
  std::uint64_t seed = 0;
  Workers* workers = nullptr;       ///< never null
  const Layer* absorbed = nullptr;  ///< as in the forward pass
  std::span<const float> kept{};    ///< as the forward pass wrote them
};

/// An operation from one or more maps to one.
class Layer {
 public:
  virtual ~Layer() = default;

  /// In lower case, "conv", "norm": for messages, and for names of layers that have none.
  [[nodiscard]] virtual std::string_view kind() const noexcept = 0;

  /// The output's shape for those of the inputs. Throws std::invalid_argument if they do not fit.
  [[nodiscard]] virtual Shape output(std::span<const Shape> inputs) const = 0;

  /// All arrays of the layer, which live as long as it does.
  [[nodiscard]] virtual std::vector<Parameter> parameters() { return {}; }

  /// Multiply-adds per image, not counting what is one per value.
  [[nodiscard]] virtual std::size_t macs(std::span<const Shape> inputs) const {
    static_cast<void>(inputs);
    return 0;
  }

  /// Tells `to` what to compute in inference from `inputs`, and returns the map that results. Weights are
  /// read when the lowering is finished.
  [[nodiscard]] virtual LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const = 0;

  /// Computes the output. The shapes fit. A layer that is only run in inference need not have it.
  virtual void forward(const ForwardPass& pass) {
    static_cast<void>(pass);
    cannot_train();
  }
  /// Computes gradients.
  virtual void backward(const BackwardPass& pass) {
    static_cast<void>(pass);
    cannot_train();
  }

  /// How many numbers a forward pass in training keeps for its backward pass, beside inputs and output. A
  /// layer itself must keep nothing between passes: several networks may train the same layers in turn.
  [[nodiscard]] virtual std::size_t kept() const noexcept { return 0; }

  /// Whether passes of this layer can also do the work of `next`, which alone reads its output, in the same
  /// go. A pass that asks for it says so.
  [[nodiscard]] virtual bool absorbs(const Layer& next) const noexcept {
    static_cast<void>(next);
    return false;
  }

  /// The activation function that this layer is, if it is nothing else, for layers that can absorb one.
  [[nodiscard]] virtual Activation activation() const noexcept { return Activation{}; }  // none

 protected:
  Layer() = default;
  Layer(const Layer&) = default;
  Layer& operator=(const Layer&) = default;

 private:
  [[noreturn]] void cannot_train() const {
    EINET_THROW(std::logic_error("a layer of kind " + std::string(kind()) + " cannot be trained"));
  }
};

namespace detail {

[[noreturn]] inline void refuse_input(std::string_view kind, Shape input, const std::string& expected) {
  EINET_THROW(std::invalid_argument(std::string(kind) + ": input " + text(input) +
                                    " (height x width x channels) does not fit, expected " + expected));
}

/// The only input. Throws std::invalid_argument if there is not exactly one.
template <class T>
[[nodiscard]] const T& only(std::string_view kind, std::span<const T> inputs) {
  einet::detail::expect(inputs.size() == 1, kind, "inputs", inputs.size(), "1");
  return inputs.front();
}

/// Throws std::invalid_argument unless there are at least `least` inputs of one shape, which is returned.
[[nodiscard]] inline Shape same_shape(std::string_view kind, std::span<const Shape> inputs,
                                      std::size_t least) {
  at_least(kind, "inputs", inputs.size(), least);
  for (const Shape& input : inputs)
    if (input != inputs.front()) refuse_input(kind, input, text(inputs.front()) + " as the first");
  return inputs.front();
}

}  // namespace detail

}  // namespace einet::nn

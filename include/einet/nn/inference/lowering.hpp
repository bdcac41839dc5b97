#pragma once
// From layers to steps. Layers say what they compute in a few words (convolve, scale, activate, add, join, or
// a step of their own); fusion.hpp makes fewer of them once all have spoken.

#include <einet/base/aligned.hpp>
#include <einet/base/assert.hpp>
#include <einet/nn/inference/operation.hpp>
#include <einet/nn/inference/step.hpp>
#include <einet/nn/kernels/conv_shape.hpp>
#include <einet/nn/weights.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace einet::nn {

/// A map of a lowering.
struct LoweredMap {
  std::size_t id = 0;
  Shape shape{};
};

namespace detail {

template <class Run>
class FunctionStep final : public Step {
 public:
  FunctionStep(Run run, std::size_t scratch) : run_(std::move(run)), scratch_(scratch) {}
  [[nodiscard]] bool run(const StepMaps& maps, PacedStop& stop) const noexcept override {
    return run_(maps, stop);
  }
  [[nodiscard]] std::size_t scratch() const noexcept override { return scratch_; }

 private:
  Run run_;
  std::size_t scratch_;
};

}  // namespace detail

/// Collects what the layers of a network compute. Arrays that are passed by reference must live, unchanged,
/// until the lowering is finished.
class Lowering {
 public:
  explicit Lowering(Shape image) { maps_.push_back(image); }

  /// The convolution of x. Weights are in PyTorch's order; `bias` may be null or empty. Throws
  /// std::invalid_argument for a shape that makes no sense.
  /// @pre x has the shape shape.in
  [[nodiscard]] LoweredMap conv(LoweredMap x, const ConvShape& shape, const Weights& weights,
                                const Weights* bias) {
    validate(shape);
    EINET_ASSERT(x.shape == shape.in);
    detail::Operation operation = make(detail::Operation::Kind::conv, {&x, 1});
    operation.shape = shape;
    operation.weights = &weights;
    operation.bias = bias != nullptr && bias->empty() ? nullptr : bias;
    return add(std::move(operation), shape.out());
  }

  /// factor · x + shift, channel by channel.
  /// @pre one of each for every channel
  [[nodiscard]] LoweredMap scale(LoweredMap x, AlignedVector<float> factor, AlignedVector<float> shift) {
    EINET_ASSERT(factor.size() == x.shape.channels && shift.size() == x.shape.channels);
    detail::Operation operation = make(detail::Operation::Kind::scale, {&x, 1});
    operation.factor = std::move(factor);
    operation.shift = std::move(shift);
    return add(std::move(operation), x.shape);
  }

  [[nodiscard]] LoweredMap activation(LoweredMap x, Activation activation, float slope = 0.f) {
    if (activation == Activation::none) return x;
    detail::Operation operation = make(detail::Operation::Kind::activation, {&x, 1});
    operation.epilogue = {activation, slope};
    return add(std::move(operation), x.shape);
  }

  /// a + b.
  /// @pre of one shape
  [[nodiscard]] LoweredMap sum(LoweredMap a, LoweredMap b) {
    EINET_ASSERT(a.shape == b.shape);
    const LoweredMap both[] = {a, b};
    return add(make(detail::Operation::Kind::sum, both), a.shape);
  }

  /// The channels of all maps, one after the other. Costs nothing unless a map must lie in two places.
  /// @pre at least one, of one height and width
  [[nodiscard]] LoweredMap concat(std::span<const LoweredMap> maps) {
    EINET_ASSERT(!maps.empty());
    Shape shape = maps.front().shape;
    for (const LoweredMap& map : maps.subspan(1)) {
      EINET_ASSERT(map.shape.height == shape.height && map.shape.width == shape.width);
      shape.channels += map.shape.channels;
    }
    return add(make(detail::Operation::Kind::concat, maps), shape);
  }

  /// One pixel of x, as a map of 1 x 1. Costs nothing.
  /// @pre index < x.shape.pixels()
  [[nodiscard]] LoweredMap pixel(LoweredMap x, std::size_t index) {
    EINET_ASSERT(index < x.shape.pixels());
    detail::Operation operation = make(detail::Operation::Kind::pixel, {&x, 1});
    operation.pixel = index;
    return add(std::move(operation), {1, 1, x.shape.channels});
  }

  /// Whatever a step of your own makes of its inputs.
  [[nodiscard]] LoweredMap step(std::span<const LoweredMap> inputs, Shape out, std::unique_ptr<Step> step) {
    detail::Operation operation = make(detail::Operation::Kind::step, inputs);
    operation.step = std::move(step);
    return add(std::move(operation), out);
  }

  /// The same for a function: run(const StepMaps&, PacedStop&) noexcept -> bool, as Step::run.
  template <class Run>
  requires std::is_nothrow_invocable_r_v<bool, const Run&, const StepMaps&, PacedStop&>
  [[nodiscard]] LoweredMap step(std::span<const LoweredMap> inputs, Shape out, Run run,
                                std::size_t scratch = 0) {
    return step(inputs, out, std::make_unique<detail::FunctionStep<Run>>(std::move(run), scratch));
  }

  // For who drives the layers:

  /// The image.
  [[nodiscard]] LoweredMap image() const noexcept { return {0, maps_.front()}; }

  /// What follows belongs to this layer of the graph, and to the conv part or the branch of this block.
  void begin(std::size_t layer, std::size_t block, bool branch) noexcept {
    layer_ = layer;
    part_ = 2 * block + (branch ? 1 : 0);
  }

  [[nodiscard]] std::vector<detail::Operation>& operations() noexcept { return operations_; }
  [[nodiscard]] std::vector<Shape>& maps() noexcept { return maps_; }

 private:
  [[nodiscard]] detail::Operation make(detail::Operation::Kind kind,
                                       std::span<const LoweredMap> inputs) const {
    detail::Operation operation;
    operation.kind = kind;
    operation.part = part_;
    operation.layer = layer_;
    for (const LoweredMap& input : inputs) operation.inputs.push_back(input.id);
    return operation;
  }

  LoweredMap add(detail::Operation operation, Shape shape) {
    operation.output = maps_.size();
    maps_.push_back(shape);
    operations_.push_back(std::move(operation));
    return {operations_.back().output, shape};
  }

  std::vector<Shape> maps_;
  std::vector<detail::Operation> operations_;
  std::size_t layer_ = 0, part_ = 0;
};

}  // namespace einet::nn

#pragma once
// From layers to steps. Layers say what they compute in a few words (convolve, scale, activate, add, join, or
// a step of their own); once all have spoken, batch norms are folded into convolutions, and activations and
// sums are fused into whatever comes before them and is read by nothing else.

#include <einet/base/aligned.hpp>
#include <einet/base/assert.hpp>
#include <einet/nn/inference/step.hpp>
#include <einet/nn/inference/steps.hpp>
#include <einet/nn/kernels/conv_shape.hpp>
#include <einet/nn/weights.hpp>

#include <algorithm>
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

  /// Folds and fuses. `kept` are maps that somebody reads from outside.
  void fuse(std::span<const std::size_t> kept) {
    readers_.assign(maps_.size(), 0);
    makers_.assign(maps_.size(), none);
    for (const std::size_t map : kept) ++readers_[map];
    for (std::size_t at = 0; at < operations_.size(); ++at) {
      for (const std::size_t input : operations_[at].inputs) ++readers_[input];
      makers_[operations_[at].output] = at;
    }
    for (std::size_t at = 0; at < operations_.size(); ++at) {
      detail::Operation& operation = operations_[at];
      if (operation.kind == detail::Operation::Kind::scale) fold(operation);
      if (operation.kind == detail::Operation::Kind::sum) fuse_sum(at);
      if (operation.kind == detail::Operation::Kind::activation) fuse_activation(operation);
    }
    std::erase_if(operations_, [](const detail::Operation& operation) { return operation.gone; });
  }

  [[nodiscard]] std::vector<detail::Operation>& operations() noexcept { return operations_; }
  [[nodiscard]] std::vector<Shape>& maps() noexcept { return maps_; }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

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

  /// The operation that makes `map`, if only one other of the same part reads it.
  [[nodiscard]] detail::Operation* sole_maker(std::size_t map, std::size_t part) noexcept {
    if (readers_[map] != 1 || makers_[map] == none) return nullptr;
    detail::Operation& maker = operations_[makers_[map]];
    return maker.part == part ? &maker : nullptr;
  }

  void take_over(detail::Operation& maker, detail::Operation& operation) noexcept {
    maker.output = operation.output;
    makers_[operation.output] = static_cast<std::size_t>(&maker - operations_.data());
    operation.gone = true;
  }

  void fold(detail::Operation& scale) {
    detail::Operation* const conv = sole_maker(scale.inputs[0], scale.part);
    if (conv == nullptr || conv->kind != detail::Operation::Kind::conv || !conv->factor.empty() ||
        conv->inputs.size() > 1 || conv->epilogue.activation != Activation::none)
      return;
    conv->factor = std::move(scale.factor);
    conv->shift = std::move(scale.shift);
    take_over(*conv, scale);
  }

  void fuse_sum(std::size_t at) {
    detail::Operation& sum = operations_[at];
    if (sum.inputs[0] == sum.inputs[1]) return;
    detail::Operation* latest = nullptr;
    std::size_t other = 0;
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      detail::Operation* const conv = sole_maker(sum.inputs[side], sum.part);
      if (conv == nullptr || conv->kind != detail::Operation::Kind::conv || conv->inputs.size() > 1 ||
          conv->epilogue.activation != Activation::none)
        continue;
      if (latest != nullptr && latest > conv) continue;
      // The other side must be there before the convolution runs.
      const std::size_t residual = sum.inputs[1 - side];
      if (makers_[residual] != none && &operations_[makers_[residual]] > conv) continue;
      latest = conv;
      other = residual;
    }
    if (latest == nullptr) return;
    latest->inputs.push_back(other);
    take_over(*latest, sum);
  }

  void fuse_activation(detail::Operation& activation) {
    detail::Operation* const maker = sole_maker(activation.inputs[0], activation.part);
    using Kind = detail::Operation::Kind;
    if (maker == nullptr || maker->epilogue.activation != Activation::none ||
        (maker->kind != Kind::conv && maker->kind != Kind::scale && maker->kind != Kind::sum))
      return;
    maker->epilogue = activation.epilogue;
    take_over(*maker, activation);
  }

  std::vector<Shape> maps_;
  std::vector<detail::Operation> operations_;
  std::vector<std::size_t> readers_, makers_;
  std::size_t layer_ = 0, part_ = 0;
};

namespace detail {

/// The step of an operation that is fused and folded.
[[nodiscard]] inline std::unique_ptr<Step> make_step(Operation& operation) {
  switch (operation.kind) {
    case Operation::Kind::conv: {
      const ChannelScale scale{operation.factor, operation.shift};
      const std::span<const float> bias =
          operation.bias != nullptr ? operation.bias->values() : std::span<const float>{};
      if (operation.shape.depthwise())
        return std::make_unique<ConvStep>(
            PackedDepthwise{operation.shape, operation.weights->values(), bias, scale}, operation.epilogue);
      return std::make_unique<ConvStep>(
          PackedConv<>{operation.shape, operation.weights->values(), bias, 1, scale}, operation.epilogue);
    }
    case Operation::Kind::scale:
      return std::make_unique<ScaleStep>(std::move(operation.factor), std::move(operation.shift),
                                         operation.epilogue);
    case Operation::Kind::activation:
      return std::make_unique<ActivationStep>(operation.epilogue);
    case Operation::Kind::sum:
      return std::make_unique<SumStep>(operation.epilogue);
    case Operation::Kind::step:
      return std::move(operation.step);
    case Operation::Kind::concat:
    case Operation::Kind::pixel:
      break;
  }
  return nullptr;
}

}  // namespace detail

}  // namespace einet::nn

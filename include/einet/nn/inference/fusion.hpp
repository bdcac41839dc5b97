#pragma once
// Fewer steps for the same: batch norms are folded into convolutions, and activations and sums are fused into
// whatever comes before them and is read by nothing else.

#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/inference/operation.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace einet::nn::detail {

class Fusion {
 public:
  Fusion(Lowering& lowering, std::span<const std::size_t> kept)
      : operations_(lowering.operations()),
        readers_(lowering.maps().size(), 0),
        makers_(readers_.size(), none) {
    for (const std::size_t map : kept) ++readers_[map];
    for (std::size_t at = 0; at < operations_.size(); ++at) {
      for (const std::size_t input : operations_[at].inputs) ++readers_[input];
      makers_[operations_[at].output] = at;
    }
  }

  void run() {
    for (Operation& operation : operations_) {
      if (operation.kind == Operation::Kind::scale) fold(operation);
      if (operation.kind == Operation::Kind::sum) fuse_sum(operation);
      if (operation.kind == Operation::Kind::activation) fuse_activation(operation);
    }
    std::erase_if(operations_, [](const Operation& operation) { return operation.gone; });
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  /// The operation that makes `map`, if only one other of the same part reads it.
  [[nodiscard]] Operation* sole_maker(std::size_t map, std::size_t part) noexcept {
    if (readers_[map] != 1 || makers_[map] == none) return nullptr;
    Operation& maker = operations_[makers_[map]];
    return maker.part == part ? &maker : nullptr;
  }

  void take_over(Operation& maker, Operation& operation) noexcept {
    maker.output = operation.output;
    makers_[operation.output] = static_cast<std::size_t>(&maker - operations_.data());
    operation.gone = true;
  }

  void fold(Operation& scale) {
    Operation* const conv = sole_maker(scale.inputs[0], scale.part);
    if (conv == nullptr || conv->kind != Operation::Kind::conv || !conv->factor.empty() ||
        conv->inputs.size() > 1 || conv->epilogue.activation != Activation::none)
      return;
    conv->factor = std::move(scale.factor);
    conv->shift = std::move(scale.shift);
    take_over(*conv, scale);
  }

  void fuse_sum(Operation& sum) {
    if (sum.inputs[0] == sum.inputs[1]) return;
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      Operation* const conv = sole_maker(sum.inputs[side], sum.part);
      if (conv == nullptr || conv->kind != Operation::Kind::conv || conv->inputs.size() > 1 ||
          conv->epilogue.activation != Activation::none)
        continue;
      // The other side must be there before the convolution runs.
      const std::size_t other = sum.inputs[1 - side];
      if (makers_[other] != none && &operations_[makers_[other]] > conv) continue;
      conv->inputs.push_back(other);
      take_over(*conv, sum);
      return;
    }
  }

  void fuse_activation(Operation& activation) {
    Operation* const maker = sole_maker(activation.inputs[0], activation.part);
    using Kind = Operation::Kind;
    if (maker == nullptr || maker->epilogue.activation != Activation::none ||
        (maker->kind != Kind::conv && maker->kind != Kind::scale && maker->kind != Kind::sum))
      return;
    maker->epilogue = activation.epilogue;
    take_over(*maker, activation);
  }

  std::vector<Operation>& operations_;
  std::vector<std::size_t> readers_, makers_;  // of every map: how many read it, and which operation makes it
};

/// Folds and fuses. `kept` are maps that somebody reads from outside.
inline void fuse(Lowering& lowering, std::span<const std::size_t> kept) {
  Fusion(lowering, kept).run();
}

}  // namespace einet::nn::detail

#pragma once
// Gradient equilibrium (Li et al., "Improved techniques for training adaptive deep networks", 2019): early
// layers belong to many exits, and would otherwise have gradients that are the larger the more exits follow.

#include <einet/nn/blocks.hpp>
#include <einet/nn/graph.hpp>

#include <cstddef>
#include <vector>

namespace einet::nn {

/// With m_k trained exits from block k on, the gradient of its branch is divided by m_k at the end of the
/// block, and that of all later blocks is multiplied by (m_k − 1) / m_k, or by 1 if the block's own exit is
/// not trained. Several blocks on, these factors make a quotient of which only the first and the last block
/// count, so maps may be read by any later block. One exit that is trained alone keeps its gradient.
class GradientEquilibrium {
 public:
  explicit GradientEquilibrium(const Graph& graph) : block_(graph.layers()), branch_(graph.layers()) {
    const std::vector<BlockLayers> blocks = graph.blocks();
    for (std::size_t k = 0; k < blocks.size(); ++k) {
      for (const std::size_t layer : blocks[k].conv) block_[layer] = k;
      for (const std::size_t layer : blocks[k].branch) branch_[layer] = true;
    }
    trained_.resize(blocks.size());
    set_trained([](std::size_t) { return true; });
  }

  /// From now on, `trained(exit)` tells which exits have a gradient; before the first call, all.
  template <class Trained>
  void set_trained(Trained trained) {
    std::size_t count = 0;
    for (std::size_t k = trained_.size(); k-- > 0;) {
      if (trained(k)) ++count;
      trained_[k] = static_cast<float>(count);
    }
  }

  /// The factor of the gradient that a trained exit gives to the layer that makes its scores: 1, unless other
  /// exits need that layer.
  [[nodiscard]] float of_scores(std::size_t layer) const noexcept {
    return branch_[layer] ? 1.f : 1.f / trained_[block_[layer]];
  }
  /// The factor of the gradient that `reader`, which a trained exit needs, gives to the layer `read`.
  [[nodiscard]] float of(std::size_t reader, std::size_t read) const noexcept {
    if (branch_[read]) return 1.f;
    return (branch_[reader] ? 1.f : trained_[block_[reader]]) / trained_[block_[read]];
  }

 private:
  std::vector<std::size_t> block_;  // of a conv part's layer
  std::vector<bool> branch_;        // [layer]
  std::vector<float> trained_;      // m_k, of block k
};

}  // namespace einet::nn

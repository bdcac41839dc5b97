#pragma once
// Gradient equilibrium (Li et al., "Improved techniques for training adaptive deep networks", 2019): early
// layers belong to many exits, and would otherwise have gradients that are the larger the more exits follow.

#include <einet/nn/blocks.hpp>
#include <einet/nn/graph.hpp>

#include <cstddef>
#include <vector>

namespace einet::nn {

/// At the end of block k of K, counted from 0, the gradient of its branch is divided by K − k, and that of
/// all later blocks is multiplied by (K − k − 1) / (K − k). Several blocks on, these factors make a quotient
/// of which only the first and the last block count, so maps may be read by any later block.
class GradientEquilibrium {
 public:
  explicit GradientEquilibrium(const Graph& graph) : left_(graph.layers(), 1.f), branch_(graph.layers()) {
    const std::vector<BlockLayers> blocks = graph.blocks();
    for (std::size_t k = 0; k < blocks.size(); ++k) {
      for (const std::size_t layer : blocks[k].conv) left_[layer] = static_cast<float>(blocks.size() - k);
      for (const std::size_t layer : blocks[k].branch) branch_[layer] = true;
    }
  }

  /// The factor of the gradient that an exit gives to the layer that makes its scores: 1, unless other exits
  /// need that layer.
  [[nodiscard]] float of_scores(std::size_t layer) const noexcept {
    return branch_[layer] ? 1.f : 1.f / left_[layer];
  }
  /// The factor of the gradient that `reader` gives to the layer `read`.
  [[nodiscard]] float of(std::size_t reader, std::size_t read) const noexcept {
    if (branch_[read]) return 1.f;
    return (branch_[reader] ? 1.f : left_[reader]) / left_[read];
  }

 private:
  std::vector<float> left_;  // of a conv part's layers: K − k
  std::vector<bool> branch_;
};

}  // namespace einet::nn

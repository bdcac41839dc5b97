#pragma once
// A trained multi-exit network made ready for elastic inference at batch 1 on one thread: its blocks model
// the core's block concept, so it can be handed to ElasticRunner.

#include <einet/nn/elastic_block.hpp>
#include <einet/nn/features.hpp>
#include <einet/nn/inference_steps.hpp>
#include <einet/nn/multi_exit_network.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace einet::nn {

/// The blocks of a network with K classes. Immutable: threads may share it, each with its own `Features`.
template <std::size_t K, class Arch = xsimd::default_arch>
class InferenceNetwork {
 public:
  using value_type = ElasticBlock<K, Arch>;

  /// Copies the weights of `trained` as they are now, for evaluation. Throws std::invalid_argument if it does
  /// not have K classes, or naming the block and layer that do not fit or have no inference step.
  explicit InferenceNetwork(const MultiExitNetwork& trained) : input_{trained.input} {
    if (trained.classes != K) {
      throw std::invalid_argument{"inference network: the trained network has " +
                                  std::to_string(trained.classes) + " classes, " + std::to_string(K) +
                                  " expected"};
    }
    trained.validate();
    Shape shape = input_;
    blocks_.reserve(trained.blocks.size());
    sizes_.image = input_.size();
    for (std::size_t k = 0; k < trained.blocks.size(); ++k) {
      const Block& block = trained.blocks[k];
      try {
        auto conv = inference_steps<Arch>(block.conv, shape);
        const Shape map = block.conv.output(shape);
        blocks_.emplace_back(map, std::move(conv), inference_steps<Arch>(block.branch, map));
        shape = map;
      } catch (const std::invalid_argument& error) {
        throw std::invalid_argument{"inference network: block " + std::to_string(k) + ", " + error.what()};
      }
      sizes_ = sizes_.with(blocks_.back().sizes());
    }
  }

  [[nodiscard]] const std::vector<value_type>& blocks() const noexcept { return blocks_; }
  [[nodiscard]] const value_type& operator[](std::size_t exit) const noexcept { return blocks_[exit]; }
  [[nodiscard]] std::size_t size() const noexcept { return blocks_.size(); }
  /// Shape of the images.
  [[nodiscard]] Shape input() const noexcept { return input_; }

  /// The memory for one run at a time.
  [[nodiscard]] Features make_features() const { return Features{sizes_}; }

 private:
  Shape input_;
  FeatureSizes sizes_;
  std::vector<value_type> blocks_;
};

}  // namespace einet::nn

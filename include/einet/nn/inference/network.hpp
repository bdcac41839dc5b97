#pragma once
// A graph made ready for elastic inference at batch 1 on one thread: its blocks model the core's block
// concept, so it can be handed to ElasticRunner.

#include <einet/base/expect.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/inference/elastic_block.hpp>
#include <einet/nn/inference/features.hpp>
#include <einet/nn/inference/fusion.hpp>
#include <einet/nn/inference/kernel_choice.hpp>
#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/inference/operation.hpp>
#include <einet/nn/inference/placement.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace einet::nn {

namespace detail {

/// Lowers all layers of `blocks`, in the order in which they run, and returns the map of every exit's scores.
[[nodiscard]] inline std::vector<std::size_t> lower(const Graph& graph, std::span<const BlockLayers> blocks,
                                                    Lowering& lowering) {
  std::vector<LoweredMap> maps(graph.layers());
  maps[0] = lowering.image();
  const auto lower_part = [&](std::span<const std::size_t> part, std::size_t block, bool branch) {
    for (const std::size_t layer : part) {
      std::vector<LoweredMap> inputs;
      for (const std::size_t input : graph.inputs(layer)) inputs.push_back(maps[input]);
      lowering.begin(layer, block, branch);
      maps[layer] = graph.layer(layer).lower(lowering, inputs);
    }
  };
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    lower_part(blocks[k].conv, k, false);
    lower_part(blocks[k].branch, k, true);
  }
  std::vector<std::size_t> scores;
  for (std::size_t k = 0; k < blocks.size(); ++k) scores.push_back(maps[graph.scores(k)].id);
  return scores;
}

}  // namespace detail

/// How a graph is made ready for inference.
struct InferenceOptions {
  /// Makes the steps of convolutions and linear layers, if given; for instance engines/onednn.hpp.
  ConvMaker make_conv{};
  KernelOptions kernels{};
};

/// The blocks of a network with K classes, or `any_classes`. Immutable: threads may share it, each with its
/// own `Features`.
template <std::size_t K>
class InferenceNetwork {
 public:
  using value_type = ElasticBlock<K>;

  /// Packs the weights of `graph` as they are now. Throws std::invalid_argument if the graph has no exit or
  /// not K classes, or if a kernel that is given does not suit.
  explicit InferenceNetwork(const Graph& graph, const InferenceOptions& options = {}) {
    compile(graph, options, [](std::size_t) {});
  }
  /// The same, and takes the graph: the memory of each layer's weights is given back once they are packed, so
  /// that they are not in memory twice.
  explicit InferenceNetwork(Graph&& graph, const InferenceOptions& options = {}) {
    Graph taken = std::move(graph);
    compile(taken, options, [&](std::size_t layer) {
      for (const Parameter& parameter : taken.layer(layer).parameters()) parameter.weights->release();
    });
  }

  [[nodiscard]] const std::vector<value_type>& blocks() const noexcept { return blocks_; }
  [[nodiscard]] const value_type& operator[](std::size_t exit) const noexcept { return blocks_[exit]; }
  [[nodiscard]] std::size_t size() const noexcept { return blocks_.size(); }
  [[nodiscard]] std::size_t classes() const noexcept { return blocks_.front().classes(); }
  /// Shape of the images.
  [[nodiscard]] Shape input() const noexcept { return image_.shape; }
  /// The kernels of its convolutions and linear layers, in the order in which they run; those that
  /// `InferenceOptions::make_conv` made are not among them.
  [[nodiscard]] const std::vector<ChosenKernel>& conv_kernels() const noexcept { return kernels_; }

  /// The memory for one run at a time.
  [[nodiscard]] Features make_features() const { return Features{image_, maps_, scratch_}; }

 private:
  /// done(layer) is called as soon as a layer's weights are packed.
  template <class Done>
  void compile(const Graph& graph, const InferenceOptions& options, const Done& done) {
    const std::vector<BlockLayers> layers = graph.blocks();
    einet::detail::expect(K == any_classes || graph.classes() == K, "inference network", "classes",
                          graph.classes(), einet::detail::number(K));
    Lowering lowering(graph.image());
    const std::vector<std::size_t> scores = detail::lower(graph, layers, lowering);
    detail::fuse(lowering, scores);
    const detail::Placement places(lowering, scores);
    image_ = places[0];
    maps_ = einet::detail::padded(places.size());  // so that the scratch memory begins a cache line
    std::size_t weights = 0;
    for (const detail::Operation& operation : lowering.operations())
      if (operation.kind == detail::Operation::Kind::conv) weights += operation.shape.weights();
    detail::KernelChoice choice(options.kernels, weights * sizeof(float));
    pack(graph, lowering, places, scores, options.make_conv, choice, done);
    choice.finish();
  }

  template <class Done>
  void pack(const Graph& graph, Lowering& lowering, const detail::Placement& places,
            const std::vector<std::size_t>& scores, const ConvMaker& make_conv, detail::KernelChoice& choice,
            const Done& done) {
    std::vector<detail::Operation>& operations = lowering.operations();
    std::vector<std::vector<PlacedStep>> parts(2 * scores.size());
    for (std::size_t at = 0; at < operations.size(); ++at) {
      detail::Operation& operation = operations[at];
      std::vector<Place> inputs;
      for (const std::size_t input : operation.inputs) inputs.push_back(places[input]);
      const Place& output = places[operation.output];
      const auto choose = [&](const ConvShape& shape, std::span<const float> weights) {
        kernels_.push_back(choice.choose(graph.name(operation.layer), shape, weights));
        return kernels_.back().kernel;
      };
      if (std::unique_ptr<Step> step =
              operation.kind == detail::Operation::Kind::conv
                  ? detail::make_conv_step(operation, inputs, output, make_conv, choose)
                  : detail::make_step(operation)) {
        scratch_ = (std::max)(scratch_, step->scratch());
        parts[operation.part].push_back({std::move(step), std::move(inputs), output});
      }
      if (at + 1 == operations.size() || operations[at + 1].layer != operation.layer) done(operation.layer);
    }
    for (std::size_t k = 0; k < scores.size(); ++k)
      blocks_.emplace_back(std::move(parts[2 * k]), std::move(parts[2 * k + 1]), places[scores[k]]);
  }

  Place image_;
  std::size_t maps_ = 0;
  std::size_t scratch_ = 0;
  std::vector<value_type> blocks_;
  std::vector<ChosenKernel> kernels_;
};

}  // namespace einet::nn

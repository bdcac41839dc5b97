#pragma once
// From a graph to steps in memory: what an inference network is made of, whatever its number of classes. The
// types hold nothing that depends on the instruction set, so that a graph may be compiled by code for another
// one (dispatch.hpp).

#include <einet/base/round_up.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/inference/elastic_block.hpp>
#include <einet/nn/inference/fusion.hpp>
#include <einet/nn/inference/kernel_choice.hpp>
#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/inference/maps.hpp>
#include <einet/nn/inference/operation.hpp>
#include <einet/nn/inference/placement.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace einet::nn {

/// A graph as steps. Conv part and branch of exit k are parts[2 k] and parts[2 k + 1].
struct CompiledGraph {
  Maps use = Maps::shared;  ///< how its maps are to be placed
  Place image{};
  std::size_t maps = 0, scratch = 0, branch_scratch = 0;  ///< floats; the last if branches have their own
  std::vector<std::vector<PlacedStep>> parts{};
  std::vector<Place> scores{};          ///< [exit]
  std::vector<ChosenKernel> kernels{};  ///< of its convolutions and linear layers
};

struct InferenceOptions;

/// Told of a layer as soon as its weights are packed.
using LayerPacked = std::function<void(std::size_t layer)>;
/// Compiles a graph.
using GraphCompiler = void (*)(const Graph& graph, const InferenceOptions& options, const LayerPacked& packed,
                               CompiledGraph& to);

/// How a graph is made ready for inference.
struct InferenceOptions {
  /// Makes the steps of convolutions and linear layers, if given; for instance engines/onednn.hpp.
  ConvMaker make_conv{};
  KernelOptions kernels{};
  /// Compiles the graph for another instruction set, if given: dispatched(), see dispatch.hpp.
  GraphCompiler compile = nullptr;
};

namespace detail {

/// Lowers all layers of `blocks`, in the order in which they run, and returns the map of every exit's scores.
/// @param lower_layer (layer, lowering, inputs) -> the map that the layer makes
template <class LowerLayer>
[[nodiscard]] std::vector<std::size_t> lower(const Graph& graph, std::span<const BlockLayers> blocks,
                                             Lowering& lowering, const LowerLayer& lower_layer) {
  std::vector<LoweredMap> maps(graph.layers());
  maps[0] = lowering.image();
  const auto lower_part = [&](std::span<const std::size_t> part, std::size_t block, bool branch) {
    for (const std::size_t layer : part) {
      std::vector<LoweredMap> inputs;
      for (const std::size_t input : graph.inputs(layer)) inputs.push_back(maps[input]);
      lowering.begin(layer, block, branch);
      maps[layer] = lower_layer(graph.layer(layer), lowering, std::span<const LoweredMap>(inputs));
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

/// As the layers themselves say.
[[nodiscard]] inline LoweredMap lower_layer(const Layer& layer, Lowering& to,
                                            std::span<const LoweredMap> inputs) {
  return layer.lower(to, inputs);
}
[[nodiscard]] inline std::vector<std::size_t> lower(const Graph& graph, std::span<const BlockLayers> blocks,
                                                    Lowering& lowering) {
  return lower(graph, blocks, lowering, lower_layer);
}

/// The step of a convolution: by `make_conv`, or else by a kernel of einet's own.
[[nodiscard]] inline std::unique_ptr<Step> conv_step(const Operation& operation, const std::string& layer,
                                                     std::span<const Place> inputs, const Place& output,
                                                     const ConvMaker& make_conv, KernelChoice& choice,
                                                     CompiledGraph& to) {
  ChosenKernel chosen = choice.choose(layer, operation.shape, operation.weights->values());
  const FusedConv conv = fused_conv(operation, inputs, output, chosen.kernel);
  if (make_conv) {
    if (std::unique_ptr<Step> step = make_conv(conv)) return step;
  }
  to.kernels.push_back(std::move(chosen));
  return make_own_step(conv);
}

/// Packs what is left of the operations once they are fused and placed.
inline void pack(const Graph& graph, Lowering& lowering, const Placement& places,
                 const std::vector<std::size_t>& scores, const ConvMaker& make_conv, KernelChoice& choice,
                 const LayerPacked& packed, CompiledGraph& to) {
  std::vector<Operation>& operations = lowering.operations();
  to.parts.resize(2 * scores.size());
  for (std::size_t at = 0; at < operations.size(); ++at) {
    Operation& operation = operations[at];
    std::vector<Place> inputs;
    for (const std::size_t input : operation.inputs) inputs.push_back(places[input]);
    const Place& output = places[operation.output];
    if (std::unique_ptr<Step> step =
            operation.kind == Operation::Kind::conv
                ? conv_step(operation, graph.name(operation.layer), inputs, output, make_conv, choice, to)
                : make_step(operation)) {
      std::size_t& scratch = to.use == Maps::kept && operation.part % 2 == 1 ? to.branch_scratch : to.scratch;
      scratch = (std::max)(scratch, step->scratch());
      to.parts[operation.part].push_back({std::move(step), std::move(inputs), output});
    }
    if (at + 1 == operations.size() || operations[at + 1].layer != operation.layer) packed(operation.layer);
  }
  for (const std::size_t map : scores) to.scores.push_back(places[map]);
}

template <class LowerLayer>
void compile(const Graph& graph, const InferenceOptions& options, const LayerPacked& packed,
             CompiledGraph& to, const LowerLayer& lower_layer) {
  Lowering lowering(graph.image());
  const std::vector<std::size_t> scores = lower(graph, graph.blocks(), lowering, lower_layer);
  fuse(lowering, scores);
  const Placement places(lowering, scores, to.use);
  to.image = places[0];
  to.maps = einet::detail::padded(places.size());  // so that the scratch memory begins a cache line
  std::size_t weights = 0;
  for (const Operation& operation : lowering.operations())
    if (operation.kind == Operation::Kind::conv) weights += operation.shape.weights();
  KernelChoice choice(options.kernels, weights * sizeof(float));
  pack(graph, lowering, places, scores, options.make_conv, choice, packed, to);
  choice.finish();
}

}  // namespace detail

/// Compiles a graph for the instruction set of this translation unit. Throws std::invalid_argument if it has
/// no exit, or if a kernel that is given does not suit.
inline void compile_graph(const Graph& graph, const InferenceOptions& options, const LayerPacked& packed,
                          CompiledGraph& to) {
  detail::compile(graph, options, packed, to, detail::lower_layer);
}

}  // namespace einet::nn

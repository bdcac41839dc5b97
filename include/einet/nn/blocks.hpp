#pragma once
// What belongs to which block: found from what is computed from what, and from the marked exits.

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace einet::nn {

/// The layers of a block, by number, in the order in which they run.
struct BlockLayers {
  std::vector<std::size_t> conv;
  std::vector<std::size_t> branch;
};

namespace detail {

/// A marked exit, by the layers that make its scores and the features that it names, if any.
struct Exit {
  std::size_t scores;
  std::optional<std::size_t> features;
};

/// f(layer) for `last` and everything that it is computed from, unless it was seen. Of a graph, layers() is
/// their number and inputs(layer) are those that a layer reads.
template <class Graph, class F>
void each_needed(const Graph& graph, std::size_t last, std::vector<bool>& seen, const F& f) {
  std::vector<std::size_t> open{last};
  while (!open.empty()) {
    const std::size_t layer = open.back();
    open.pop_back();
    if (seen[layer]) continue;
    seen[layer] = true;
    f(layer);
    for (const std::size_t input : graph.inputs(layer)) open.push_back(input);
  }
}

/// Of every layer, whether one in `last` is computed from it.
template <class Graph>
[[nodiscard]] std::vector<bool> needed_for(std::span<const std::size_t> last, const Graph& graph) {
  std::vector<bool> seen(graph.layers(), false);
  for (const std::size_t layer : last) each_needed(graph, layer, seen, [](std::size_t) {});
  return seen;
}

/// The blocks of a graph, one per exit. A layer that several exits need belongs to the conv part of
/// the first of them; one that a single exit needs belongs to its branch, unless it leads to the features
/// that the exit names. The image, layer 0, and layers that no exit needs belong nowhere.
template <class Graph>
[[nodiscard]] std::vector<BlockLayers> find_blocks(const Graph& graph, std::span<const Exit> exits) {
  constexpr std::size_t nobody = static_cast<std::size_t>(-1);
  std::vector<std::size_t> first(graph.layers(), nobody);
  std::vector<bool> conv(graph.layers(), false);
  for (std::size_t k = 0; k < exits.size(); ++k) {
    std::vector<bool> seen(graph.layers(), false);
    each_needed(graph, exits[k].scores, seen, [&](std::size_t layer) {
      if (first[layer] == nobody) {
        first[layer] = k;
      } else {
        conv[layer] = true;
      }
    });
    if (!exits[k].features) continue;
    std::vector<bool> leads(graph.layers(), false);
    each_needed(graph, *exits[k].features, leads, [&](std::size_t layer) { conv[layer] = true; });
  }
  std::vector<BlockLayers> blocks(exits.size());
  for (std::size_t layer = 1; layer < graph.layers(); ++layer) {
    if (first[layer] == nobody) continue;
    BlockLayers& block = blocks[first[layer]];
    (conv[layer] ? block.conv : block.branch).push_back(layer);
  }
  return blocks;
}

}  // namespace detail

}  // namespace einet::nn

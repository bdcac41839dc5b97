// An ONNX model is read into a graph or refused. A graph that is small runs: finite weights or not, nothing
// is read or written where it must not be.

#include "files.hpp"

#include <einet/nn/inference/network.hpp>
#include <einet/onnx/read_onnx.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

using namespace einet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::MemoryFile memory;
  std::optional<nn::Graph> graph;
  if (!fuzz::accepts([&] { graph.emplace(nn::read_onnx(memory.with({data, size}))); })) return 0;
  std::size_t values = 0;
  for (std::size_t layer = 0; layer < graph->layers(); ++layer)
    values += graph->shape(layer).size() + graph->macs(layer);
  if (values > 1'000'000) return 0;
  const std::size_t pixels = graph->image().size();
  const nn::InferenceNetwork<nn::any_classes> network(std::move(*graph));
  nn::Features features = network.make_features();
  features.load(std::vector<float>(pixels, .5f));
  for (const auto& block : network.blocks()) {
    block.advance(features);
    fuzz::require(block.logits(features) != nullptr, "a run that nobody stops ends");
  }
  return 0;
}

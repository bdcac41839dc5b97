#include "../../catch.hpp"
#include "../../support.hpp"
#include "../random_graph.hpp"

#include <einet/nn/inference/compiled_graph.hpp>
#include <einet/nn/inference/network.hpp>

#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace einet;

TEST_CASE(
    "a compiled graph has two parts for every exit, and tells of each layer once its weights are packed",
    "[nn][inference]") {
  for (unsigned seed = 1; seed <= test::cases(50); ++seed) {
    CAPTURE(seed);
    const nn::Graph graph = test::random_graph(seed);
    std::vector<std::size_t> packed(graph.layers(), 0);
    nn::CompiledGraph compiled;
    nn::compile_graph(
        graph, {}, [&](std::size_t layer) { ++packed[layer]; }, compiled);
    CHECK(compiled.parts.size() == 2 * graph.exits());
    CHECK(compiled.scores.size() == graph.exits());
    CHECK(compiled.image.shape == graph.image());
    const nn::InferenceNetwork<3> network(graph);
    CHECK(network.conv_kernels().size() == compiled.kernels.size());
    std::size_t own = 0;  // layers with weights that some exit needs
    for (const nn::BlockLayers& block : graph.blocks()) {
      for (const auto& part : {block.conv, block.branch}) {
        for (const std::size_t layer : part) {
          if (graph.layer(layer).kind() != "conv" && graph.layer(layer).kind() != "linear") continue;
          ++own;
          CHECK(packed[layer] >= 1);
        }
      }
    }
    CHECK(own == compiled.kernels.size());
  }
}

namespace {

std::size_t calls = 0;

void counted(const nn::Graph& graph, const nn::InferenceOptions& options, const nn::LayerPacked& packed,
             nn::CompiledGraph& to) {
  ++calls;
  nn::compile_graph(graph, options, packed, to);
}

}  // namespace

TEST_CASE("a network is compiled by the compiler that it is given, once it has been checked",
          "[nn][inference]") {
  const std::size_t before = calls;
  const nn::InferenceNetwork<3> network(test::random_graph(1), {.compile = counted});
  CHECK(network.size() > 0);
  CHECK(calls == before + 1);
  CHECK_THROWS_AS(nn::InferenceNetwork<4>(test::random_graph(1), {.compile = counted}),
                  std::invalid_argument);
  CHECK_THROWS_AS(nn::InferenceNetwork<4>(nn::Graph({1, 1, 1}), {.compile = counted}), std::invalid_argument);
  CHECK(calls == before + 1);
}

#include "../support.hpp"
#include "catch.hpp"
#include "small_network.hpp"

#include <einet/nn/blocks.hpp>
#include <einet/nn/graph.hpp>

#include <cstddef>
#include <random>
#include <vector>

using namespace einet;

namespace {

using Layers = std::vector<std::size_t>;

/// What every layer is computed from, itself included, found by Warshall's algorithm.
std::vector<std::vector<bool>> all_needs(const nn::Graph& graph) {
  const std::size_t count = graph.layers();
  std::vector<std::vector<bool>> needs(count, std::vector<bool>(count, false));
  for (std::size_t i = 0; i < count; ++i) {
    needs[i][i] = true;
    for (const std::size_t input : graph.inputs(i)) needs[i][input] = true;
  }
  for (std::size_t via = 0; via < count; ++via)
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t j = 0; j < count; ++j)
        if (needs[i][via] && needs[via][j]) needs[i][j] = true;
  return needs;
}

/// The blocks by their definition, for exits without features.
std::vector<nn::BlockLayers> blocks_by_definition(const nn::Graph& graph, const Layers& features = {}) {
  const auto needs = all_needs(graph);
  std::vector<nn::BlockLayers> blocks(graph.exits());
  for (std::size_t layer = 1; layer < graph.layers(); ++layer) {
    Layers users;
    for (std::size_t k = 0; k < graph.exits(); ++k)
      if (needs[graph.scores(k)][layer]) users.push_back(k);
    if (users.empty()) continue;
    const std::size_t k = users.front();
    const bool leads = !features.empty() && features[k] != 0 && needs[features[k]][layer];
    (users.size() > 1 || leads ? blocks[k].conv : blocks[k].branch).push_back(layer);
  }
  return blocks;
}

void check_same_blocks(const std::vector<nn::BlockLayers>& a, const std::vector<nn::BlockLayers>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    CAPTURE(k);
    CHECK(a[k].conv == b[k].conv);
    CHECK(a[k].branch == b[k].branch);
  }
}

}  // namespace

TEST_CASE("blocks of random graphs are those of their definition", "[nn][blocks]") {
  for (unsigned seed = 1; seed <= test::cases(300); ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    nn::Graph graph({1, 1, 3});
    std::vector<nn::Map> maps{graph.input()};
    const std::size_t layers = 1 + random() % 25;
    for (std::size_t i = 0; i < layers; ++i) {
      std::vector<nn::Map> inputs;
      for (std::size_t n = 2 + random() % 3; n > 0; --n) inputs.push_back(maps[random() % maps.size()]);
      maps.push_back(sum(inputs));
    }
    // Exits in any order, perhaps twice the same, with features or without.
    const auto needs = all_needs(graph);
    Layers features;
    for (std::size_t k = 1 + random() % 5; k > 0; --k) {
      const std::size_t scores = 1 + random() % layers;
      std::size_t feature = random() % maps.size();
      if (feature == 0 || !needs[scores][feature]) {
        graph.exit(maps[scores]);
        feature = 0;
      } else {
        graph.exit(maps[scores], maps[feature]);
      }
      features.push_back(feature);
    }
    check_same_blocks(graph.blocks(), blocks_by_definition(graph, features));
  }
}

TEST_CASE("blocks of the small networks are those that one would write by hand", "[nn][blocks]") {
  const nn::Graph chain = test::chain_network();
  const auto blocks = chain.blocks();
  REQUIRE(blocks.size() == 3);
  CHECK(blocks[0].conv == Layers{1, 2, 3});
  CHECK(blocks[0].branch == Layers{4, 5, 6, 7, 8, 9, 10});
  CHECK(blocks[1].conv == Layers{11, 12, 13, 14});
  CHECK(blocks[1].branch == Layers{15, 16, 17, 18, 19, 20, 21});
  CHECK(blocks[2].conv.empty());
  CHECK(blocks[2].branch == Layers{22, 23, 24, 25});
}

TEST_CASE("an exit's features and all that leads to them belong to its conv part", "[nn][blocks]") {
  nn::Graph graph({1, 1, 3});
  const nn::Map a = relu(graph.input()), b = relu(a), c = relu(b);
  graph.exit(relu(a));
  graph.exit(c, b);
  const auto blocks = graph.blocks();
  CHECK(blocks[0].conv == Layers{1});
  CHECK(blocks[0].branch == Layers{4});
  CHECK(blocks[1].conv == Layers{2});
  CHECK(blocks[1].branch == Layers{3});
  CHECK_THROWS_WITH(graph.exit(b, c), "graph: exit 2 is not computed from its features");
  graph.exit(c, graph.input());
  CHECK(graph.blocks()[2].branch.empty());
}

#include "../counting_new.hpp"
#include "../support.hpp"
#include "catch.hpp"
#include "random_graph.hpp"

#include <einet/nn/graph.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
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

TEST_CASE("blocks of random graphs are those of their definition", "[nn][graph]") {
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

TEST_CASE("blocks of the small networks are those that one would write by hand", "[nn][graph]") {
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

TEST_CASE("an exit's features and all that leads to them belong to its conv part", "[nn][graph]") {
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

TEST_CASE("layers that no exit needs are in no block, and their parameters are not the network's",
          "[nn][graph]") {
  nn::Graph graph({4, 4, 2});
  const nn::Map used = conv(graph.input(), {.channels = 3});
  const nn::Map unused = conv(used, {.channels = 100});
  static_cast<void>(relu(unused));
  graph.exit(linear(used, {.outputs = 5}));
  CHECK(graph.layers() == 5);
  CHECK(graph.blocks()[0].branch == Layers{1, 4});
  std::vector<std::string> names;
  graph.for_each_parameter([&](const nn::Parameter& parameter) { names.push_back(parameter.name); });
  CHECK(names == std::vector<std::string>{"conv1.weight", "conv1.bias", "linear1.weight", "linear1.bias"});
  CHECK(graph.parameter_count() == 3 * 2 * 9 + 3 + 5 * 48 + 5);
}

TEST_CASE("layers are named by scopes, kinds and numbers, as PyTorch names them", "[nn][graph]") {
  nn::Graph graph({4, 4, 2});
  nn::Map x = conv(graph.input(), {});
  {
    const nn::Scope layer(graph, "layer1");
    x = relu(conv(x, {}));
    for (int unit = 0; unit < 2; ++unit) {
      const nn::Scope inner(x, std::to_string(unit));
      x = norm(conv(x, {}, "first"));
      x = conv(x, {});
    }
    x = conv(x, {});
  }
  x = conv(x, {}, "conv2");  // takes the number that the next would have had
  x = conv(x, {});
  std::vector<std::string> names;
  for (std::size_t i = 0; i < graph.layers(); ++i) names.push_back(graph.name(i));
  CHECK(names == std::vector<std::string>{"image", "conv1", "layer1.conv1", "layer1.relu1", "layer1.0.first",
                                          "layer1.0.norm1", "layer1.0.conv1", "layer1.1.first",
                                          "layer1.1.norm1", "layer1.1.conv1", "layer1.conv2", "conv2",
                                          "conv3"});
  CHECK_THROWS_WITH(conv(x, {}, "conv3"), "graph: a second layer is called conv3");
  CHECK(graph.layers() == 13);  // what was refused is not there
  CHECK(conv(x, {}).layer() == 13);
}

TEST_CASE("a graph refuses what does not fit, naming it, and is unchanged", "[nn][graph]") {
  nn::Graph graph({4, 4, 2}), other({4, 4, 2});
  const nn::Map x = conv(graph.input(), {.channels = 3}, "stem");
  CHECK_THROWS_WITH(graph.input() + x, test::ContainsSubstring("layer sum1: sum: input 4x4x3") &&
                                           test::ContainsSubstring("expected 4x4x2 as the first"));
  CHECK_THROWS_WITH(x + other.input(), "graph: layer sum1 reads maps of two graphs");
  CHECK_THROWS_WITH(other.exit(x), "graph: a map of another graph");
  CHECK_THROWS_WITH(graph.exit(x), "graph: exit 0 is 4x4x3, expected 1x1 x classes");
  CHECK_THROWS_WITH(nn::sum({}), test::ContainsSubstring("sum: inputs is 0"));
  CHECK_THROWS_WITH(graph.blocks(), test::ContainsSubstring("graph: exits is 0"));
  CHECK_THROWS_WITH(nn::Graph({1, 0, 1}), "graph: image.width is 0, expected at least 1");
  CHECK(graph.layers() == 2);
  graph.exit(linear(x, {.outputs = 5}));
  CHECK_THROWS_WITH(graph.exit(linear(x, {.outputs = 4})),
                    "graph: exit 1 has 4 classes, expected 5 as the first");
  nn::Graph pixel({1, 1, 4});
  CHECK_THROWS_WITH(pixel.exit(pixel.input()), "graph: exit 0 is the image");
  CHECK(graph.exits() == 1);
}

TEST_CASE("maps and scopes stay valid when their graph moves", "[nn][graph]") {
  nn::Graph first({4, 4, 2});
  const nn::Map x = relu(first.input());
  auto scope = std::make_unique<nn::Scope>(first, "after");
  nn::Graph second = std::move(first);
  const nn::Map y = relu(x);
  scope.reset();
  second.exit(linear(y, {.outputs = 2}));
  CHECK(second.name(2) == "after.relu1");
  CHECK(second.name(3) == "linear1");
  CHECK(second.shape(2) == nn::Shape{4, 4, 2});
  nn::Graph third({1, 1, 1});
  third = std::move(second);
  CHECK(third.exits() == 1);
  CHECK(third.classes() == 2);
}

TEST_CASE("describing and counting a network takes no memory for its weights", "[nn][graph]") {
  nn::Graph graph({1, 1, 1});
  // 4 TB of weights, if anybody asked for them.
  nn::Map x = conv(graph.input(), {.channels = 1000000, .kernel = 1});
  x = conv(x, {.channels = 1000000, .kernel = 1});
  graph.exit(x);
  CHECK(graph.parameter_count() == 2000000 + 1000000000000 + 1000000);
  CHECK(graph.macs(graph.blocks()[0].branch) == 1000000 + 1000000000000);
}

TEST_CASE("multiply-adds are those of the layers, and of the image none", "[nn][graph]") {
  nn::Graph graph({8, 6, 2});
  const nn::Map x = relu(norm(conv(graph.input(), {.channels = 5, .stride = 2})));
  graph.exit(linear(x, {.outputs = 3}));
  CHECK(graph.macs(0) == 0);
  CHECK(graph.macs(1) == 4 * 3 * 5 * 2 * 9);
  CHECK(graph.macs(2) == 0);
  CHECK(graph.macs(Layers{1, 4}) == graph.macs(1) + 4 * 3 * 5 * 3);
}

TEST_CASE("a graph of thousands of layers is made and cut into blocks with few allocations", "[nn][graph]") {
  nn::Graph graph({1, 1, 3});
  nn::Map x = graph.input();
  const std::size_t before = test::allocations();
  for (std::size_t i = 0; i < 20000; ++i) x = relu(x);
  graph.exit(x);
  CHECK(graph.name(20000) == "relu20000");
  CHECK(graph.blocks()[0].branch.size() == 20000);
  // Names that were looked for one by one would take 200 million.
  CHECK(test::allocations() - before < 500000);
}

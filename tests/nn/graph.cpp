#include "../support.hpp"
#include "catch.hpp"
#include "random_graph.hpp"

#include <einet/nn/graph.hpp>

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace einet;
using namespace einet::test;

namespace graph_test {

/// Whether `to` is computed from `from`, or is it: by trying every path.
bool reaches(const nn::Graph& graph, std::size_t from, std::size_t to, std::vector<int>& known) {
  if (from == to) return true;
  if (to < from) return false;
  if (known[to] >= 0) return known[to] == 1;
  bool found = false;
  for (const std::size_t input : graph.inputs(to)) found = found || reaches(graph, from, input, known);
  known[to] = found ? 1 : 0;
  return found;
}

bool reaches(const nn::Graph& graph, std::size_t from, std::size_t to) {
  std::vector<int> known(graph.layers(), -1);
  return reaches(graph, from, to, known);
}

std::vector<std::string> names(nn::Graph& graph) {
  std::vector<std::string> all;
  graph.for_each_parameter([&](const nn::Parameter& parameter) { all.push_back(parameter.name); });
  return all;
}

}  // namespace graph_test

using namespace graph_test;

TEST_CASE("a layer belongs to the first exit that needs it, and to its branch if no other does",
          "[nn][graph]") {
  for (std::size_t i = 0; i < cases(300); ++i) {
    const auto seed = static_cast<unsigned>(i);
    CAPTURE(seed);
    std::mt19937 random{seed};
    // Every exit may name features, of any map.
    nn::Graph graph(nn::Shape{1, 1, 2});
    std::vector<nn::Map> maps{graph.input()};
    std::vector<std::pair<std::size_t, std::size_t>> exits;  // scores, features or 0
    for (std::size_t layer = 0; layer < 3 + random() % 20; ++layer) {
      std::vector<nn::Map> read;
      for (std::size_t n = 0; n < 2 + random() % 2; ++n) read.push_back(maps[random() % maps.size()]);
      maps.push_back(nn::sum(read));
    }
    for (std::size_t k = 0; k < 1 + random() % 4; ++k) {
      const nn::Map scores = maps[random() % maps.size()], features = maps[random() % maps.size()];
      const bool named = random() % 2 == 0;
      if (named) {
        graph.exit(scores, features);
      } else {
        graph.exit(scores);
      }
      exits.emplace_back(scores.layer(), named ? features.layer() : 0);
    }
    const auto blocks = graph.blocks();
    REQUIRE(blocks.size() == exits.size());
    std::vector<nn::BlockLayers> expected(exits.size());
    for (std::size_t layer = 1; layer < graph.layers(); ++layer) {
      std::vector<std::size_t> needing;
      for (std::size_t k = 0; k < exits.size(); ++k)
        if (reaches(graph, layer, exits[k].first)) needing.push_back(k);
      if (needing.empty()) continue;
      const std::size_t features = exits[needing[0]].second;
      const bool conv = needing.size() > 1 || (features > 0 && reaches(graph, layer, features));
      (conv ? expected[needing[0]].conv : expected[needing[0]].branch).push_back(layer);
    }
    for (std::size_t k = 0; k < exits.size(); ++k) {
      CHECK(blocks[k].conv == expected[k].conv);
      CHECK(blocks[k].branch == expected[k].branch);
      CHECK(graph.scores(k) == exits[k].first);
    }
  }
}

TEST_CASE("layers that no exit needs are neither run, counted nor stored", "[nn][graph]") {
  nn::Graph graph(nn::Shape{4, 4, 1});
  const nn::Map x = conv(graph.input(), {.channels = 2});
  static_cast<void>(conv(x, {.channels = 50}, "unused"));
  graph.exit(linear(x, {.outputs = 3}, "head"));
  CHECK(names(graph) == std::vector<std::string>{"conv1.weight", "conv1.bias", "head.weight", "head.bias"});
  CHECK(graph.parameter_count() == 2 * 9 + 2 + 3 * 32 + 3);
  const auto blocks = graph.blocks();
  CHECK(blocks[0].conv.empty());
  CHECK(blocks[0].branch == std::vector<std::size_t>{1, 3});
  CHECK(graph.macs(blocks[0].branch) == 2 * 9 * 16 + 3 * 32);
  CHECK(graph.macs(std::size_t{0}) == 0);
}

TEST_CASE("names follow scopes, and layers without one are numbered by kind", "[nn][graph]") {
  nn::Graph graph(nn::Shape{4, 4, 1});
  nn::Map x = conv(graph.input(), {});
  {
    const nn::Scope outer(graph, "layer1");
    x = conv(x, {}, "down");
    {
      const nn::Scope inner(x, "0");
      x = relu(conv(conv(x, {}), {}));
    }
    x = relu(x);
  }
  x = conv(x, {});
  std::vector<std::string> all;
  for (std::size_t layer = 0; layer < graph.layers(); ++layer) all.push_back(graph.name(layer));
  CHECK(all == std::vector<std::string>{"image", "conv1", "layer1.down", "layer1.0.conv1", "layer1.0.conv2",
                                        "layer1.0.relu1", "layer1.relu1", "conv2"});
  CHECK_THROWS_WITH(conv(x, {}, "conv1"), ContainsSubstring("a second layer is called conv1"));
  CHECK(x.layer() + 1 == graph.layers());
}

TEST_CASE("maps stay valid when their graph is moved", "[nn][graph]") {
  nn::Graph first(nn::Shape{4, 4, 1});
  nn::Map x = conv(first.input(), {.channels = 2});
  nn::Graph second = std::move(first);
  x = relu(x);
  second.exit(linear(x, {.outputs = 2}));
  CHECK(second.layers() == 4);
  CHECK(second.classes() == 2);
  CHECK(second.shape(x.layer()) == nn::Shape{4, 4, 2});
}

TEST_CASE("what does not fit is refused by name", "[nn][graph]") {
  CHECK_THROWS_WITH(nn::Graph(nn::Shape{4, 0, 1}), ContainsSubstring("image.width is 0"));
  nn::Graph graph(nn::Shape{4, 4, 2}), other(nn::Shape{4, 4, 2});
  const nn::Map x = graph.input();
  CHECK_THROWS_AS(graph.blocks(), std::invalid_argument);
  CHECK_THROWS_WITH(nn::sum({x, conv(x, {.channels = 3})}, "unit"),
                    ContainsSubstring("layer unit: sum: input 4x4x3"));
  CHECK_THROWS_WITH(x + other.input(), ContainsSubstring("maps of two graphs"));
  CHECK_THROWS_AS(nn::sum({}), std::invalid_argument);
  CHECK_THROWS_WITH(graph.exit(x), ContainsSubstring("exit 0 is 4x4x2"));
  CHECK_THROWS_WITH(graph.exit(global_average_pool(other.input())), ContainsSubstring("another graph"));
  const nn::Map scores = linear(x, {.outputs = 3});
  CHECK_THROWS_AS(graph.exit(scores, other.input()), std::invalid_argument);
  CHECK(graph.exits() == 0);
  graph.exit(scores);
  CHECK_THROWS_WITH(graph.exit(linear(x, {.outputs = 4})),
                    ContainsSubstring("exit 1 has 4 classes, expected 3"));
}

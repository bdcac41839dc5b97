#include "../counting_new.hpp"
#include "../support.hpp"
#include "catch.hpp"
#include "random_graph.hpp"

#include <einet/nn/graph.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace einet;

namespace {

using Layers = std::vector<std::size_t>;

}  // namespace

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

#include "catch.hpp"
#include "support.hpp"

#include <einet/nn/networks/parts.hpp>

#include <string>
#include <vector>

using namespace einet;

TEST_CASE("a branch is pool, conv, batch norm, two fully connected layers", "[nn][networks]") {
  nn::Graph graph{nn::Shape{32, 32, 16}};
  CHECK(nn::branch(graph.input(), 10, {8, 16, 64}).shape() == nn::Shape{1, 1, 10});
  const std::vector<std::string> kinds{
      "adaptive_average_pool", "conv", "norm", "relu", "linear", "relu", "linear"};
  REQUIRE(graph.layers() == kinds.size() + 1);
  for (std::size_t i = 0; i < kinds.size(); ++i) CHECK(graph.layer(i + 1).kind() == kinds[i]);
  CHECK(graph.shape(1) == nn::Shape{8, 8, 16});
  CHECK(graph.shape(2) == nn::Shape{4, 4, 16});
}

TEST_CASE("a branch pools only what is larger, and has as many layers as asked", "[nn][networks]") {
  nn::Graph graph{nn::Shape{3, 20, 2}};
  const nn::BranchOptions options{.pool = 8, .channels = 4, .convolutions = 2, .fully_connected = 1};
  static_cast<void>(nn::branch(graph.input(), 5, options));
  CHECK(graph.shape(1) == nn::Shape{3, 8, 2});
  CHECK(graph.layers() == 1 + 1 + 2 * 3 + 1);
  nn::Graph small{nn::Shape{3, 8, 2}};
  static_cast<void>(nn::branch(small.input(), 5, {.convolutions = 0}));
  CHECK(small.layer(1).kind() == "linear");
}

TEST_CASE("a branch refuses sizes of 0 by their names", "[nn][networks]") {
  nn::Graph graph{nn::Shape{8, 8, 2}};
  CHECK_THROWS_WITH(nn::branch(graph.input(), 10, {.pool = 0}), "branch: pool is 0, expected at least 1");
  CHECK_THROWS_WITH(nn::branch(graph.input(), 10, {.fully_connected = 0}),
                    "branch: fully_connected is 0, expected at least 1");
  CHECK_THROWS_WITH(nn::branch(graph.input(), 0), "branch: classes is 0, expected at least 1");
}

TEST_CASE("a convolution and its norm are named as asked, or numbered", "[nn][networks]") {
  nn::Graph graph{nn::Shape{8, 8, 2}};
  nn::Map x = nn::conv_norm_relu(graph.input(), {.channels = 3}, "conv_a", "bn_a");
  x = nn::conv_norm(x, {.channels = 4});
  CHECK(graph.name(1) == "conv_a");
  CHECK(graph.name(2) == "bn_a");
  CHECK(graph.name(4) == "conv1");
  CHECK(graph.layer(1).parameters().size() == 1);  // no bias
}

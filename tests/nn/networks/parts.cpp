#include "reference.hpp"

#include <einet/nn/networks/parts.hpp>

using namespace einet;

TEST_CASE("a branch averages large maps only, halves once, and has the layers that it is asked for",
          "[nn][parts]") {
  const auto make = [](nn::Shape shape, const nn::BranchOptions& options) {
    nn::Graph graph(shape);
    graph.exit(nn::branch(graph.input(), 7, options));
    return test::arrays(std::move(graph));
  };
  using Sizes = std::vector<std::size_t>;
  const auto small = make({3, 5, 2}, {});
  CHECK(small.at("conv1.weight") == Sizes{64, 2, 3, 3});
  CHECK(small.at("linear1.weight") == Sizes{128, 64 * 2 * 3});
  CHECK(small.at("linear2.weight") == Sizes{7, 128});
  const auto large = make({30, 5, 2}, {.channels = 3, .hidden = 4, .convolutions = 2, .fully_connected = 3});
  CHECK(large.at("conv2.weight") == Sizes{3, 3, 3, 3});
  CHECK(large.at("linear1.weight") == Sizes{4, 3 * 4 * 3});
  CHECK(large.at("linear3.weight") == Sizes{7, 4});
  CHECK(make({9, 9, 2}, {.channels = 0, .hidden = 0, .convolutions = 0, .fully_connected = 1}).size() == 2);
  const auto message = [](const std::string& text) { return Catch::Matchers::Equals("branch: " + text); };
  CHECK_THROWS_WITH(make({9, 9, 2}, {.pool = 0}), message("pool is 0, expected at least 1"));
  CHECK_THROWS_WITH(make({9, 9, 2}, {.channels = 0}), message("channels is 0, expected at least 1"));
  CHECK_THROWS_WITH(make({9, 9, 2}, {.hidden = 0}), message("hidden is 0, expected at least 1"));
  CHECK_THROWS_WITH(make({9, 9, 2}, {.fully_connected = 0}),
                    message("fully_connected is 0, expected at least 1"));
}

TEST_CASE("a depthwise-separable convolution has a kernel per channel, then a matrix per pixel",
          "[nn][parts]") {
  nn::Graph graph({8, 8, 5});
  const nn::Map y = nn::separable_conv(graph.input(), 9, 2);
  CHECK(y.shape() == nn::Shape{4, 4, 9});
  graph.exit(nn::linear(y, {.outputs = 2}));
  CHECK(test::counts(std::move(graph)).macs == 16 * (9 * 5 + 5 * 9) + 2 * 16 * 9);
}

TEST_CASE("numbers of channels are scaled to the nearest, at least one", "[nn][parts]") {
  CHECK(nn::detail::scaled(64, 1.) == 64);
  CHECK(nn::detail::scaled(6, .25) == 2);
  CHECK(nn::detail::scaled(64, .001) == 1);
}

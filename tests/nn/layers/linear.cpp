#include "../both_ways.hpp"
#include "../gradients.hpp"
#include "catch.hpp"

#include <einet/nn/layers/activation.hpp>
#include <einet/nn/layers/linear.hpp>

using namespace einet;

TEST_CASE("the linear layer equals PyTorch's on flattened maps", "[nn][linear][pytorch]") {
  const test::FixtureFile fixture("nn", "linear");
  for (const std::string name : {"case0.", "case1.", "case2."}) {
    const auto sizes = fixture.sizes(name + "sizes");
    nn::Linear layer(test::maps_of(fixture[name + "x0"]).shape, sizes[0], sizes[1] != 0);
    test::check_fixture(layer, fixture, name);
  }
}

TEST_CASE("the linear layer's gradients agree with finite differences", "[nn][linear]") {
  for (const std::size_t batch : {1U, 3U, 70U}) {
    nn::Linear layer({2, 3, 3}, 5);
    test::randomise(layer, batch);
    test::check_gradients(layer, {test::random_maps(batch, {2, 3, 3}, batch)}, batch);
  }
}

TEST_CASE("linear layers are the same in inference", "[nn][linear]") {
  for (const std::size_t channels : {1U, 5U, 37U})
    test::check_both_ways({3, 4, 2}, channels,
                          [](const nn::Map& x) { return tanh(linear(x, {.outputs = 19, .bias = false})); });
}

TEST_CASE("NaN reaches all outputs of a linear layer", "[nn][linear]") {
  nn::Linear layer({2, 2, 3}, 5);
  test::randomise(layer, 1);
  test::check_nan(layer, {test::random_maps(2, {2, 2, 3}, 2)}, true,
                  [](std::size_t, std::size_t, std::size_t) { return true; });
}

TEST_CASE("a linear layer refuses other maps and no outputs", "[nn][linear]") {
  const nn::Linear layer({2, 2, 3}, 3);
  CHECK_THROWS_WITH(layer.output(std::vector<nn::Shape>{{1, 1, 12}}),
                    "linear: input 1x1x12 (height x width x channels) does not fit, expected 2x2x3");
  CHECK_THROWS_WITH(nn::Linear({2, 2, 3}, 0), test::ContainsSubstring("linear: outputs is 0"));
}

#include "../both_ways.hpp"
#include "../gradients.hpp"
#include "catch.hpp"

#include <einet/nn/layers/layer_norm.hpp>

using namespace einet;
using test::ContainsSubstring;

TEST_CASE("layer norm equals PyTorch's over every pixel's channels", "[nn][layer_norm][pytorch]") {
  const test::FixtureFile fixture("nn", "layer_norm");
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string name = "case" + std::to_string(i) + ".";
    nn::LayerNorm layer(fixture.sizes(name + "sizes")[0]);
    // Of a single channel the gradient is 0; PyTorch's is the rounding of large numbers.
    test::check_fixture(layer, fixture, name, 5e-5);
  }
}

TEST_CASE("layer norm's gradients agree with finite differences", "[nn][layer_norm]") {
  for (const std::size_t channels : {4U, 19U}) {
    nn::LayerNorm layer(channels);
    test::randomise(layer, channels);
    test::check_gradients(layer, {test::random_maps(3, {2, 3, channels}, 1)}, 2);
  }
}

TEST_CASE("layer norm is the same in inference", "[nn][layer_norm]") {
  for (const std::size_t channels : {2U, 5U, 37U})
    test::check_both_ways({3, 4, 2}, channels, [](const nn::Map& x) { return layer_norm(x); });
}

TEST_CASE("NaN reaches its whole pixel in layer norm", "[nn][layer_norm]") {
  nn::LayerNorm layer(19);
  test::check_nan(layer, {test::random_maps(2, {1, 2, 19}, 1)}, true,
                  [](std::size_t, std::size_t at, std::size_t to) { return at / 19 == to / 19; });
}

TEST_CASE("layer norm refuses other channels and bad options", "[nn][layer_norm]") {
  CHECK_THROWS_WITH(nn::LayerNorm(0), ContainsSubstring("layer_norm: channels is 0"));
  CHECK_THROWS_WITH(nn::LayerNorm(3, 0.f), ContainsSubstring("layer_norm: epsilon is 0"));
  CHECK_THROWS_WITH(nn::LayerNorm(3).output(std::vector<nn::Shape>{{1, 1, 4}}),
                    ContainsSubstring("expected 3 channels"));
}

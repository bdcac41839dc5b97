#include "../both_ways.hpp"
#include "../gradients.hpp"
#include "catch.hpp"

#include <einet/nn/layers/activation.hpp>
#include <einet/nn/layers/pool.hpp>

#include <cmath>

using namespace einet;

namespace {

constexpr nn::Activation all_activations[] = {
    nn::Activation::relu,       nn::Activation::relu6, nn::Activation::leaky_relu,
    nn::Activation::sigmoid,    nn::Activation::silu,  nn::Activation::hard_sigmoid,
    nn::Activation::hard_swish, nn::Activation::gelu,  nn::Activation::tanh};

}  // namespace

TEST_CASE("activations and their derivatives equal PyTorch's, at kinks and far out too",
          "[nn][activation][pytorch]") {
  const test::FixtureFile fixture("nn", "activation");
  for (std::size_t i = 0; i < std::size(all_activations); ++i) {
    nn::ActivationLayer layer(all_activations[i], .1f);
    test::check_fixture(layer, fixture, "case" + std::to_string(i) + ".", 1e-5);
  }
}

TEST_CASE("activations' derivatives agree with finite differences", "[nn][activation]") {
  for (const nn::Activation activation : all_activations) {
    nn::ActivationLayer layer(activation, .1f);
    test::Maps x = test::random_maps(2, {2, 3, 19}, 3);
    for (float& value : x.values)  // away from kinks
      for (const float kink : {0.f, 3.f, -3.f, 6.f})
        if (std::abs(value - kink) < .02f) value += .05f;
    test::check_gradients(layer, {x}, 2);
  }
}

TEST_CASE("activations are the same in inference, fused or by themselves", "[nn][activation]") {
  for (const nn::Activation activation : all_activations)
    for (const std::size_t channels : {3U, 35U}) {
      CAPTURE(std::string(name_of(activation)), channels);
      const auto apply = [&](const nn::Map& x) { return add(nn::ActivationLayer(activation, .2f), x); };
      test::check_both_ways({3, 4, 2}, channels, apply);
      test::check_both_ways({4, 4, 2}, channels, [&](const nn::Map& x) { return apply(max_pool(x)); });
    }
}

TEST_CASE("NaN stays NaN in every activation, and changes nothing else", "[nn][activation]") {
  for (const nn::Activation activation : all_activations) {
    nn::ActivationLayer layer(activation);
    test::check_nan(layer, {test::random_maps(1, {1, 1, 19}, 3)}, true,
                    [](std::size_t, std::size_t at, std::size_t to) { return at == to; });
    nn::Graph graph{nn::Shape{1, 2, 20}};  // inference, fused and not
    graph.exit(linear(add(layer, conv(add(layer, graph.input()), {.channels = 3})), {.outputs = 2}));
    test::randomise(graph, 1);
    test::Maps image = test::random_maps(1, {1, 2, 20}, 1);
    image.values[17] = std::nanf("");
    CHECK(test::difference_both_ways<2>(graph, image) == 0.);
    const nn::InferenceNetwork<2> network(graph);
    nn::Features features = network.make_features();
    features.load(image.values);
    network[0].advance(features);
    CHECK(std::isnan(network[0].logits(features)[1]));
  }
}

TEST_CASE("a leaky ReLU refuses a slope that is not finite", "[nn][activation]") {
  CHECK_THROWS_WITH(nn::ActivationLayer(nn::Activation::leaky_relu, INFINITY),
                    test::ContainsSubstring("leaky_relu: slope is"));
  nn::Graph graph{nn::Shape{1, 1, 2}};
  CHECK_THROWS_AS(leaky_relu(graph.input(), std::nanf("")), std::invalid_argument);
}

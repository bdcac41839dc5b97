#include "../../catch.hpp"
#include "../small_network.hpp"

#include <einet/nn/training/initialise.hpp>

#include <cmath>
#include <set>
#include <span>
#include <vector>

using namespace einet;

TEST_CASE("weights start with mean 0 and variance 2 / fan-in, the rest as the identity", "[nn][initialise]") {
  nn::Graph graph({8, 8, 3});
  nn::Map x = relu(norm(conv(graph.input(), {.channels = 48})));
  x = relu(norm(conv(x, {.channels = 96, .groups = 2})));
  graph.exit(linear(relu(linear(x, {.outputs = 50})), {.outputs = 10}));
  nn::initialise(graph, 42);
  graph.for_each_parameter([&](const nn::Parameter& parameter) {
    CAPTURE(parameter.name);
    const std::span<const float> values = parameter.weights->values();
    const auto count = static_cast<double>(values.size());
    double sum = 0.;
    double squares = 0.;
    for (const float value : values) {
      sum += static_cast<double>(value);
      squares += static_cast<double>(value) * static_cast<double>(value);
    }
    if (parameter.weights->shape().size() > 1) {
      const double variance = 2. * static_cast<double>(parameter.weights->shape()[0]) / count;
      CHECK_THAT(sum / count, test::WithinAbs(0., 6. * std::sqrt(variance / count)));
      CHECK_THAT(squares / count, test::WithinRel(variance, 6. * std::sqrt(2. / count)));
    } else {
      const bool one = parameter.name.ends_with("weight") || parameter.name.ends_with("running_var");
      CHECK(sum == (one ? count : 0.));
      CHECK(squares == (one ? count : 0.));
    }
  });
}

TEST_CASE("the same seed gives the same weights, another seed others", "[nn][initialise]") {
  const auto start = [](std::uint64_t seed) {
    nn::Graph graph = test::chain_network();
    nn::initialise(graph, seed);
    return test::all_values(graph);
  };
  CHECK(start(1) == start(1));
  CHECK(start(1) != start(2));
}

TEST_CASE("no two arrays start with the same numbers", "[nn][initialise]") {
  nn::Graph graph({1, 1, 8});
  nn::Map x = graph.input();
  for (int i = 0; i < 4; ++i) x = conv(x, {.channels = 8});
  graph.exit(x);
  nn::initialise(graph, 3);
  std::set<std::vector<float>> arrays;
  graph.for_each_parameter([&](const nn::Parameter& parameter) {
    const std::span<const float> values = parameter.weights->values();
    if (parameter.deviation > 0.f) arrays.emplace(values.begin(), values.end());
  });
  CHECK(arrays.size() == 4);
}

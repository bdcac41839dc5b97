#include "../small_network.hpp"
#include "catch.hpp"

#include <einet/nn/networks/vgg16.hpp>
#include <einet/nn/training/initialise.hpp>

using namespace einet;

TEST_CASE("weights start with mean 0 and variance 2 / fan-in, the rest as the identity", "[nn][initialise]") {
  nn::Graph network = nn::vgg16({.image = {32, 32, 1}, .width = .25, .branch = {8, 16, 64}});
  nn::initialise(network, 42);
  network.for_each_parameter([&](const nn::Parameter& parameter) {
    INFO(parameter.name);
    const auto count = static_cast<double>(parameter.weights->size());
    double sum = 0.;
    double squares = 0.;
    for (const float value : parameter.weights->values()) {
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
    nn::Graph network = test::small_network();
    nn::initialise(network, seed);
    return test::all_values(network);
  };
  CHECK(start(1) == start(1));
  CHECK(start(1) != start(2));
}

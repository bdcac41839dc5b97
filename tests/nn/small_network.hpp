#pragma once
// Small networks of every wiring, with three exits and three classes on images of 8 x 6 x 2, and synthetic
// data sets. fixtures/make_fixtures.py has the same networks.

#include <einet/nn/graph.hpp>
#include <einet/nn/layers/activation.hpp>
#include <einet/nn/layers/conv.hpp>
#include <einet/nn/layers/dropout.hpp>
#include <einet/nn/layers/linear.hpp>
#include <einet/nn/layers/norm.hpp>
#include <einet/nn/layers/pool.hpp>
#include <einet/nn/layers/wiring.hpp>
#include <einet/nn/training/random.hpp>

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace einet::test {

/// The image of all of them.
inline constexpr nn::Shape small_image{8, 6, 2};

[[nodiscard]] inline nn::Map small_conv(const nn::Map& x, std::size_t channels, std::size_t kernel = 3,
                                        std::size_t stride = 1) {
  return norm(conv(x, {.channels = channels, .kernel = kernel, .stride = stride, .bias = false}));
}

[[nodiscard]] inline nn::Map small_branch(const nn::Map& x) {
  const nn::Map hidden = relu(small_conv(adaptive_average_pool(x, {4, 3}), 4, 3, 2));
  return linear(relu(linear(hidden, {.outputs = 6})), {.outputs = 3});
}

/// One layer after the other. The last exit is the network's own classifier: its conv part is empty.
[[nodiscard]] inline nn::Graph chain_network(float dropout_probability = 0.f) {
  nn::Graph graph(small_image);
  nn::Map x = relu(small_conv(graph.input(), 5));
  graph.exit(small_branch(x));
  x = max_pool(relu(small_conv(x, 7)));
  graph.exit(small_branch(x));
  const nn::Map hidden = dropout(relu(linear(x, {.outputs = 6})), dropout_probability);
  graph.exit(linear(hidden, {.outputs = 3}), x);
  return graph;
}

/// Two bottlenecks, the second with a shortcut of its own.
[[nodiscard]] inline nn::Graph residual_network() {
  nn::Graph graph(small_image);
  const auto bottleneck = [](const nn::Map& x, std::size_t inner, std::size_t outer, std::size_t stride) {
    const nn::Map y = relu(small_conv(relu(small_conv(x, inner, 1)), inner, 3, stride));
    const nn::Map z = small_conv(y, outer, 1);
    const nn::Map shortcut = x.shape() == z.shape() ? x : small_conv(x, outer, 1, stride);
    return relu(z + shortcut);
  };
  nn::Map x = relu(small_conv(graph.input(), 6));
  graph.exit(small_branch(x));
  x = bottleneck(x, 3, 6, 1);
  graph.exit(small_branch(x));
  x = bottleneck(x, 4, 8, 2);
  graph.exit(linear(global_average_pool(x), {.outputs = 3}), x);
  return graph;
}

/// Dense layers over two scales, of which the finer one is dropped.
[[nodiscard]] inline nn::Graph dense_network() {
  nn::Graph graph(small_image);
  nn::Map fine = relu(small_conv(graph.input(), 4));
  nn::Map coarse = relu(small_conv(fine, 6, 3, 2));
  const auto from_both = [&] {
    const nn::Map finer = relu(small_conv(fine, 2, 3, 2));
    return concat(coarse, finer, relu(small_conv(coarse, 2)));
  };
  const nn::Map next = from_both();
  fine = concat(fine, relu(small_conv(fine, 2)));
  coarse = next;
  graph.exit(small_branch(coarse));
  coarse = from_both();
  graph.exit(small_branch(coarse));
  coarse = relu(small_conv(coarse, 7, 1));
  coarse = concat(coarse, relu(small_conv(coarse, 3)));
  graph.exit(small_branch(coarse));
  return graph;
}

struct SmallNetwork {
  std::string name;
  nn::Graph (*make)();
};

/// All of them.
[[nodiscard]] inline std::vector<SmallNetwork> small_networks() {
  return {
      {"chain", [] { return chain_network(); }}, {"residual", residual_network}, {"dense", dense_network}};
}

/// Noise around a pattern per class.
struct Patterns {
  std::size_t count = 48;
  nn::Shape shape = small_image;
  std::size_t classes = 3;
  float noise = .5f;

  [[nodiscard]] std::size_t size() const { return count; }
  [[nodiscard]] std::int32_t label(std::size_t i) const { return static_cast<std::int32_t>(i % classes); }
  void fill(std::size_t i, std::span<float> image) const {
    for (std::size_t k = 0; k < image.size(); ++k) {
      image[k] = nn::random_normal(1000 + i % classes, k) + noise * nn::random_normal(i, k);
    }
  }
};

/// All values of a network, one after the other.
[[nodiscard]] inline std::vector<float> all_values(nn::Graph& graph) {
  std::vector<float> all;
  graph.for_each_parameter([&](const nn::Parameter& parameter) {
    const std::span<const float> values = std::as_const(*parameter.weights).values();
    all.insert(all.end(), values.begin(), values.end());
  });
  return all;
}

/// Random values for every array, statistics included, such that maps keep their scale.
inline void randomise(nn::Graph& graph, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-.5f, .5f), positive(.5f, 1.5f);
  std::normal_distribution<float> normal;
  graph.for_each_parameter([&](const nn::Parameter& parameter) {
    const bool scale = parameter.weights->shape().size() == 1 &&
                       (parameter.name.ends_with("weight") || parameter.name.ends_with("running_var"));
    for (float& value : parameter.weights->values())
      value = parameter.deviation > 0.f ? parameter.deviation * normal(random)
                                        : (scale ? positive(random) : uniform(random));
  });
}

}  // namespace einet::test

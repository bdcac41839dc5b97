#pragma once
// Small networks of every wiring, and synthetic data sets for tests.

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
#include <span>
#include <string>
#include <vector>

namespace einet::test {

/// A chain, as fixtures/make_fixtures.py trains it: two conv parts with branches and a head, so three exits,
/// for three classes of 8×6×2 images.
[[nodiscard]] inline nn::Graph small_network(float dropout = 0.f) {
  nn::Graph graph(nn::Shape{8, 6, 2});
  nn::Map x = graph.input();
  for (const std::size_t block : {std::size_t{0}, std::size_t{1}}) {
    const std::string name = "blocks." + std::to_string(block);
    {
      const nn::Scope in(graph, name + ".conv");
      x = relu(norm(conv(x, {.channels = 5 + 2 * block, .bias = false}, "0"), "1"));
      if (block == 1) x = max_pool(x);
    }
    const nn::Scope in(graph, name + ".branch");
    nn::Map scores = conv(adaptive_average_pool(x, {4, x.shape().width < 4 ? 3u : 4u}),
                          {.channels = 4, .stride = 2, .bias = false}, "1");
    scores = relu(linear(relu(norm(scores, "2")), {.outputs = 6}, "5"));
    graph.exit(linear(scores, {.outputs = 3}, "7"));
  }
  const nn::Scope in(graph, "blocks.2.branch");
  graph.exit(linear(nn::dropout(relu(linear(x, {.outputs = 6}, "1")), dropout), {.outputs = 3}, "4"));
  return graph;
}

/// A bottleneck with a residual sum.
[[nodiscard]] inline nn::Map bottleneck(const nn::Map& x, std::size_t channels, std::size_t stride = 1) {
  nn::Map y = relu(norm(conv(x, {.channels = channels, .kernel = 1, .bias = false})));
  y = relu(norm(conv(y, {.channels = channels, .stride = stride, .bias = false})));
  y = norm(conv(y, {.channels = 4 * channels, .kernel = 1, .bias = false}));
  if (x.shape() == y.shape()) return relu(y + x);
  return relu(y + norm(conv(x, {.channels = 4 * channels, .kernel = 1, .stride = stride, .bias = false})));
}

/// Two bottlenecks, the first with a projection; a gate of squeeze-and-excite; two exits.
[[nodiscard]] inline nn::Graph residual_network() {
  nn::Graph graph(nn::Shape{8, 6, 2});
  nn::Map x = bottleneck(graph.input(), 2, 2);
  graph.exit(linear(global_average_pool(x), {.outputs = 3}));
  x = bottleneck(x, 2);
  x = x * sigmoid(linear(silu(linear(global_average_pool(x), {.outputs = 3})), {.outputs = 8}));
  graph.exit(linear(x, {.outputs = 3}));
  return graph;
}

/// Two dense layers over two scales; the exits read the coarse one, and the last layer drops the fine one.
[[nodiscard]] inline nn::Graph dense_network() {
  nn::Graph graph(nn::Shape{8, 6, 2});
  nn::Map fine = relu(norm(conv(graph.input(), {.channels = 3, .bias = false})));
  nn::Map coarse = relu(norm(conv(fine, {.channels = 4, .stride = 2, .bias = false})));
  graph.exit(linear(average_pool(coarse), {.outputs = 3}));
  for (int layer = 0; layer < 2; ++layer) {
    const nn::Map down = relu(norm(conv(fine, {.channels = 2, .stride = 2, .bias = false})));
    const nn::Map same = relu(norm(conv(coarse, {.channels = 2, .bias = false})));
    if (layer == 0) fine = concat(fine, relu(norm(conv(fine, {.channels = 2, .bias = false}))));
    coarse = concat(coarse, down, same);
    graph.exit(linear(average_pool(coarse), {.outputs = 3}));
  }
  return graph;
}

/// Normal numbers for all weights and statistics that tell layers apart, and are far from the identity.
inline void randomise(nn::Graph& graph, std::uint64_t seed) {
  graph.for_each_parameter([&](const nn::Parameter& parameter) {
    const std::uint64_t stream = nn::random_bits(seed, parameter.weights->size());
    seed = stream;
    const bool positive = parameter.name.ends_with("running_var");
    std::uint64_t i = 0;
    for (float& value : parameter.weights->values()) {
      const float normal = nn::random_normal(stream, i++);
      if (parameter.deviation > 0.) {
        value = static_cast<float>(parameter.deviation) * normal;
      } else {
        value = positive                             ? .5f + normal * normal
                : parameter.name.ends_with("weight") ? 1.f + .3f * normal
                                                     : .3f * normal;
      }
    }
  });
}

/// Noise around a pattern per class.
struct Patterns {
  std::size_t count = 48;
  nn::Shape shape{8, 6, 2};
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
    const std::span<const float> values = parameter.weights->values();
    all.insert(all.end(), values.begin(), values.end());
  });
  return all;
}

/// The values of `from` for a graph of the same wiring.
inline void copy_values(nn::Graph& from, nn::Graph& to) {
  const std::vector<float> all = all_values(from);
  auto next = all.begin();
  to.for_each_parameter([&](const nn::Parameter& parameter) {
    for (float& value : parameter.weights->values()) value = *next++;
  });
}

}  // namespace einet::test

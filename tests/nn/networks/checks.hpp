#pragma once
// What every ready-made network is checked for.

#include "catch.hpp"
#include "counting_new.hpp"

#include <einet/nn/graph.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/nn/training/batch_network.hpp>
#include <einet/nn/training/initialise.hpp>
#include <einet/nn/training/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace einet::test {

/// Multiply-adds per image of all conv parts, and of all branches.
struct NetworkMacs {
  std::size_t conv = 0;
  std::size_t branches = 0;
};
[[nodiscard]] inline NetworkMacs macs_of(const nn::Graph& graph) {
  NetworkMacs sum;
  for (const nn::BlockLayers& block : graph.blocks()) {
    sum.conv += graph.macs(block.conv);
    sum.branches += graph.macs(block.branch);
  }
  return sum;
}

/// Shapes of the maps that the branches read.
[[nodiscard]] inline std::vector<nn::Shape> branch_inputs(const nn::Graph& graph) {
  std::vector<nn::Shape> shapes;
  for (const nn::BlockLayers& block : graph.blocks())
    shapes.push_back(graph.shape(graph.inputs(block.branch.front())[0]));
  return shapes;
}

[[nodiscard]] inline nn::Tensor network_images(const nn::Graph& graph, std::size_t batch,
                                               std::uint64_t seed) {
  nn::Tensor images;
  nn::resize(images, batch, graph.image());
  for (std::size_t i = 0; i < images.size(); ++i) images.data()[i] = nn::random_normal(seed, i);
  return images;
}

/// Inference equals the batch network in evaluation mode at all exits, and allocates nothing.
inline void check_inference(nn::Graph& graph, std::uint64_t seed) {
  CAPTURE(seed);
  nn::initialise(graph, seed);
  nn::BatchNetwork trained(graph);
  const nn::Tensor images = network_images(graph, 4, seed + 1);
  const std::vector<float> weights(graph.exits(), 1.f);
  // Moves the running statistics away from the identity.
  static_cast<void>(trained.differentiate(images, std::vector<std::int32_t>{0, 1, 2, 3}, weights, {true, 1}));
  std::uint64_t array = seed;
  graph.for_each_parameter([&](const nn::Parameter& parameter) {
    ++array;
    if (!parameter.trained || parameter.deviation != 0.f) return;
    std::uint64_t i = 0;
    for (float& value : parameter.weights->values()) value += .1f * nn::random_normal(array, i++);
  });
  trained.forward(images);
  const nn::InferenceNetwork<10> inference(graph);
  REQUIRE(inference.size() == graph.exits());
  nn::Features features = inference.make_features();
  const std::size_t size = graph.image().size();
  for (std::size_t image = 0; image < 2; ++image) {
    std::vector<float> found(graph.exits() * 10);
    const std::size_t before = allocations();
    features.load({images.data() + image * size, size});
    for (std::size_t k = 0; k < graph.exits(); ++k) {
      inference[k].advance(features);
      std::copy_n(inference[k].logits(features), 10, found.begin() + static_cast<std::ptrdiff_t>(10 * k));
    }
    CHECK(allocations() == before);
    for (std::size_t k = 0; k < graph.exits(); ++k) {
      CAPTURE(image, k);
      float scale = 1.f, error = 0.f;
      for (std::size_t c = 0; c < 10; ++c) {
        const float truth = trained.scores(k)[image * 10 + c];
        REQUIRE(std::isfinite(truth));
        scale = (std::max)(scale, std::abs(truth));
        error = (std::max)(error, std::abs(truth - found[10 * k + c]));
      }
      CHECK(error <= 1e-4f * scale);
    }
  }
}

/// The joint loss changes along the gradient of some arrays, spread over the network, as the gradient says.
inline void check_joint_gradient(nn::Graph& graph, std::uint64_t seed, double tolerance = .05) {
  CAPTURE(seed);
  nn::initialise(graph, seed);
  nn::BatchNetwork network(graph);
  const nn::Tensor images = network_images(graph, 4, seed + 1);
  std::vector<float> weights;
  for (std::size_t k = 0; k < graph.exits(); ++k) weights.push_back(1.f + .1f * static_cast<float>(k));
  const auto loss = [&] {
    return network.differentiate(images, std::vector<std::int32_t>{3, 1, 4, 1}, weights, {true, seed}).loss;
  };
  static_cast<void>(loss());
  struct Array {
    std::string name;
    nn::Weights* weights;
    std::vector<float> gradient;
  };
  std::vector<Array> arrays;
  network.for_each_trained([&](const nn::Parameter& parameter, std::span<float> gradient) {
    arrays.push_back({parameter.name, parameter.weights, {gradient.begin(), gradient.end()}});
  });
  for (std::size_t i = 0; i < 6; ++i) {
    const Array& array = arrays[i * (arrays.size() - 1) / 5];
    double norm = 0.;
    for (const float value : array.gradient) norm += static_cast<double>(value) * static_cast<double>(value);
    norm = std::sqrt(norm);
    const std::span<float> values = array.weights->values();
    const std::vector<float> kept(values.begin(), values.end());
    const auto at = [&](float distance) {
      for (std::size_t k = 0; k < kept.size(); ++k)
        values[k] = kept[k] + distance * array.gradient[k] / static_cast<float>(norm);
      return loss();
    };
    CAPTURE(array.name, norm);
    REQUIRE(norm > 0.);
    // So far that the loss changes by about 0.002: much more than it is rounded, too little to bend.
    const float step = 2e-3f / static_cast<float>((std::max)(1., norm));
    const double up = at(step), down = at(-step);
    std::copy(kept.begin(), kept.end(), values.begin());
    const double slope = (up - down) / (2. * static_cast<double>(step));
    CHECK(std::abs(slope - norm) <= tolerance * norm + 2e-3);
  }
}

}  // namespace einet::test

#pragma once
// A graph run both ways: as inference runs it, and as training evaluates it.

#include "catch.hpp"
#include "gradients.hpp"

#include <einet/nn/inference/network.hpp>
#include <einet/nn/layers/conv.hpp>
#include <einet/nn/layers/linear.hpp>
#include <einet/nn/training/batch_network.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace einet::test {

/// All weights and statistics of a graph, random; variances positive.
inline void randomise(nn::Graph& graph, std::uint64_t seed) {
  graph.for_each_parameter([&](const nn::Parameter& parameter) {
    const bool variance = parameter.name.ends_with("running_var");
    const std::vector<float> values = random_numbers(parameter.weights->size(), ++seed);
    std::transform(values.begin(), values.end(), parameter.weights->values().begin(),
                   [&](float value) { return variance ? .5f + value * value : .5f * value; });
  });
}

/// The largest difference between the logits of inference and of training's evaluation, at any exit, relative
/// to the largest logit; infinite if only one of them is NaN.
template <std::size_t K>
[[nodiscard]] double difference_both_ways(nn::Graph& graph, const Maps& images) {
  nn::BatchNetwork batch(graph);
  nn::Tensor tensor;
  nn::resize(tensor, images.batch, images.shape);
  std::copy(images.values.begin(), images.values.end(), tensor.data());
  batch.forward(tensor);
  const nn::InferenceNetwork<K> network(graph);
  nn::Features features = network.make_features();
  double error = 0., scale = 1e-3;
  for (std::size_t image = 0; image < images.batch; ++image) {
    features.load(images.image(image));
    for (std::size_t exit = 0; exit < network.size(); ++exit) {
      network[exit].advance(features);
      const float* const logits = network[exit].logits(features);
      for (std::size_t k = 0; k < K; ++k) {
        const auto a = static_cast<double>(logits[k]),
                   b = static_cast<double>(batch.scores(exit)[image * K + k]);
        if (std::isnan(a) && std::isnan(b)) continue;
        if (!(std::abs(a - b) <= error)) error = std::isnan(a - b) ? INFINITY : std::abs(a - b);
        scale = (std::max)(scale, std::abs(b));
      }
    }
  }
  return error / scale;
}

/// Checks that `layer`, a function of a map, gives the same both ways between two convolutions.
inline void check_both_ways(nn::Shape image, std::size_t channels,
                            const std::function<nn::Map(const nn::Map&)>& layer) {
  nn::Graph graph{image};
  const nn::Map x = layer(conv(graph.input(), {.channels = channels}));
  graph.exit(linear(conv(x, {.channels = 3}), {.outputs = 3}));
  randomise(graph, 5);
  CHECK(difference_both_ways<3>(graph, random_maps(2, image, 6)) < 1e-4);
}

}  // namespace einet::test

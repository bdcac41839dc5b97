#pragma once
// Finite differences against the gradients of a network's joint loss.

#include "reference.hpp"

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace einet::test {

/// Checks the gradient of every trained array against central differences, as a whole: |difference| ≤
/// tolerance · |gradient| in the Euclidean norm, which float sums and kinks of ReLU within the step cost.
inline void check_finite_differences(nn::Graph network, double tolerance = .02) {
  nn::Graph graph = filled(std::move(network));
  // Few values near the kinks of ReLU.
  graph.for_each_parameter([](const nn::Parameter& parameter) {
    if (parameter.trained && parameter.weights->shape().size() == 1)
      for (float& value : parameter.weights->values()) value += 2.5f;
  });
  nn::BatchNetwork batch(graph);
  const nn::Tensor images = hashed_images(3, graph.image());
  const std::vector<std::int32_t> labels{0, 2, 1};
  std::vector<float> weights;
  for (std::size_t exit = 0; exit < graph.exits(); ++exit) weights.push_back(1.f + static_cast<float>(exit));
  const auto loss = [&] { return batch.differentiate(images, labels, weights, {}).loss; };
  loss();
  std::vector<std::pair<nn::Parameter, std::vector<float>>> all;
  batch.for_each_trained([&](const nn::Parameter& parameter, std::span<const float> gradient, bool) {
    all.emplace_back(parameter, std::vector<float>(gradient.begin(), gradient.end()));
  });
  const float step = 1e-3f;
  for (const auto& [parameter, gradient] : all) {
    CAPTURE(parameter.name);
    double error = 0., norm = 0.;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      float& value = parameter.weights->values()[i];
      const float kept = value;
      value = kept + step;
      const double up = loss();
      value = kept - step;
      const double down = loss();
      value = kept;
      const double numeric = (up - down) / (2. * static_cast<double>(step));
      error += std::pow(numeric - static_cast<double>(gradient[i]), 2);
      norm += std::pow(numeric, 2);
    }
    CHECK(std::sqrt(error) <= tolerance * std::sqrt(norm) + 1e-4);
  }
}

}  // namespace einet::test

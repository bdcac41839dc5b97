#pragma once
// Realistic weights, and runs to observe, for timing the CS-Predictor.

#include <einet/paper/cs_weights.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

namespace einet::eval {

/// Confidences of samples that grow unsteadily from exit to exit.
template <std::size_t N>
[[nodiscard]] std::vector<std::array<float, N>> confidence_runs(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<std::array<float, N>> runs(count);
  for (std::array<float, N>& run : runs) {
    double ease = normal(random) - .5;
    for (float& confidence : run) {
      ease += .3 * normal(random) + 2. / N;
      confidence = static_cast<float>(1 / (1 + std::exp(-ease)));
    }
  }
  return runs;
}

/// As He et al. initialise layers that ReLU follows: about half of the units are active. Outputs spread by
/// about 0.2 around 0.5.
template <std::size_t N, std::size_t H>
[[nodiscard]] CsParameters<N, H> he_parameters(unsigned seed) {
  std::mt19937 random(seed);
  const auto fill = [&](std::vector<float>& values, double deviation, double mean = 0) {
    std::normal_distribution<double> draw(mean, deviation);
    for (float& value : values) value = static_cast<float>(draw(random));
  };
  CsParameters<N, H> parameters;
  fill(parameters.layer1_weight, std::sqrt(2. / N));
  fill(parameters.layer2_weight, std::sqrt(2. / H));
  fill(parameters.layer3_weight, .2 * std::sqrt(2. / H));
  fill(parameters.layer1_bias, .1);
  fill(parameters.layer2_bias, .1);
  fill(parameters.layer3_bias, .05, .5);
  parameters.means.fill(.5f);
  return parameters;
}

}  // namespace einet::eval

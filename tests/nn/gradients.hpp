#pragma once
// Finite differences against the gradients that a layer computes.

#include "catch.hpp"

#include <einet/nn/layer.hpp>
#include <einet/nn/random.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace einet::test {

/// Normal numbers from a seed.
[[nodiscard]] inline nn::Tensor random_tensor(std::size_t batch, nn::Shape shape, std::uint64_t seed) {
  nn::Tensor tensor;
  nn::resize(tensor, batch, shape);
  for (std::size_t i = 0; i < tensor.size(); ++i) tensor.data()[i] = nn::random_normal(seed, i);
  return tensor;
}

inline void randomise(nn::Layer& layer, std::uint64_t seed) {
  for (nn::Parameter& parameter : layer.parameters()) {
    if (parameter.gradient.empty()) continue;
    for (float& value : parameter.values) value = .5f * nn::random_normal(++seed, 7);
  }
}

/// Checks dx and every parameter's gradient of Σ r·y, r random, against central differences, each array as a
/// whole: |difference| ≤ tolerance · |gradient| in the Euclidean norm. Float forward passes are good for
/// about 1e-3; kinks of ReLU and max within the step cost more.
inline void check_gradients(nn::Layer& layer, nn::Tensor x, std::uint64_t seed, double tolerance = 5e-3,
                            float step = 1e-2f) {
  nn::Workspace workspace;
  const nn::Pass pass{&workspace, true, seed};
  nn::Tensor y;
  nn::Tensor dx;
  layer.forward(x, y, pass);
  const nn::Tensor dy = random_tensor(y.shape(0), nn::image_shape(y), seed + 1);
  layer.backward(x, y, dy, &dx, pass);
  const auto loss = [&] {
    layer.forward(x, y, pass);
    double sum = 0.;
    for (std::size_t i = 0; i < y.size(); ++i) {
      sum += static_cast<double>(y.data()[i]) * static_cast<double>(dy.data()[i]);
    }
    return sum;
  };
  const auto check = [&](const std::string& name, float* values, std::span<const float> gradient) {
    double error = 0.;
    double norm = 0.;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      const float kept = values[i];
      values[i] = kept + step;
      const double up = loss();
      values[i] = kept - step;
      const double down = loss();
      values[i] = kept;
      const double numeric = (up - down) / (2. * static_cast<double>(step));
      error += std::pow(numeric - static_cast<double>(gradient[i]), 2);
      norm += std::pow(numeric, 2);
    }
    INFO(std::string(layer.kind()) << ", gradient by " << name << ", seed " << seed);
    CHECK(std::sqrt(error) <= tolerance * std::sqrt(norm) + 1e-6);
  };
  check("x", x.data(), std::vector<float>(dx.data(), dx.data() + dx.size()));
  for (nn::Parameter& parameter : layer.parameters()) {
    if (parameter.gradient.empty()) continue;
    check(parameter.name, parameter.values.data(),
          std::vector<float>(parameter.gradient.begin(), parameter.gradient.end()));
  }
}

}  // namespace einet::test

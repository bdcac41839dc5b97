#pragma once
// Starting weights for training: He et al., "Delving Deep into Rectifiers", 2015.

#include <einet/nn/multi_exit_network.hpp>
#include <einet/nn/random.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace einet::nn {

/// Weights of convolutions and linear layers are drawn from a normal distribution of variance 2 / fan-in,
/// where fan-in = in · kernel²; their biases become 0. Batch norms become the identity. The same seed gives
/// the same weights.
inline void initialise(MultiExitNetwork& network, std::uint64_t seed) {
  std::uint64_t array = 0;
  network.for_each_trained([&](const Parameter& parameter) {
    const std::uint64_t stream = random_bits(seed, array++);
    const auto ends_with = [&](const char* name) { return parameter.name.ends_with(name); };
    if (parameter.shape.size() > 1) {
      const std::size_t fan_in = parameter.values.size() / parameter.shape[0];
      const float deviation = std::sqrt(2.f / static_cast<float>(fan_in));
      for (std::size_t i = 0; i < parameter.values.size(); ++i) {
        parameter.values[i] = deviation * random_normal(stream, i);
      }
    } else {
      const float value = ends_with(".weight") || ends_with(".running_var") ? 1.f : 0.f;
      for (float& each : parameter.values) each = value;
    }
  });
}

}  // namespace einet::nn

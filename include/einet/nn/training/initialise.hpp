#pragma once
// Starting weights for training: He et al., "Delving Deep into Rectifiers", 2015.

#include <einet/base/random_bits.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/training/random.hpp>

#include <cstddef>
#include <cstdint>

namespace einet::nn {

/// Every array whose layer names a deviation is drawn from a normal distribution of mean 0: weights of
/// convolutions and linear layers with variance 2 / fan-in. All others begin as their layers made them. The
/// same seed gives the same weights.
inline void initialise(Graph& graph, std::uint64_t seed) {
  std::uint64_t array = 0;
  graph.for_each_parameter([&](const Parameter& parameter) {
    const std::uint64_t stream = random_bits(seed, array++);
    if (parameter.deviation == 0.f) return;
    std::size_t i = 0;
    for (float& value : parameter.weights->values()) value = parameter.deviation * random_normal(stream, i++);
  });
}

}  // namespace einet::nn

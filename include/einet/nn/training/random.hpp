#pragma once
// Random numbers and orders for training, as functions of counters, such as the number of a sample.

#include <einet/base/random_bits.hpp>

#include <cmath>
#include <cstdint>
#include <numbers>

namespace einet::nn {

using einet::random_bits;
using einet::random_order;
using einet::random_uniform;

/// A standard normal number (Box–Muller transform of two uniform ones).
[[nodiscard]] inline float random_normal(std::uint64_t seed, std::uint64_t counter) noexcept {
  const double radius = static_cast<double>((random_bits(seed, 2 * counter) >> 11) + 1) * 0x1p-53;
  const double angle = static_cast<double>(random_bits(seed, 2 * counter + 1) >> 11) * 0x1p-53;
  return static_cast<float>(std::sqrt(-2.0 * std::log(radius)) * std::cos(2.0 * std::numbers::pi * angle));
}

}  // namespace einet::nn

#pragma once
// Random numbers and orders for training, as functions of counters, such as the number of a sample.

#include <einet/base/random_bits.hpp>

#include <algorithm>
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

/// A number in [0, 1] from Beta(shape, shape), by rejection (Jöhnk 1964). Of shape 4, one draw in 70 is
/// taken, so that a thousand, after which it gives up and returns ½, practically never fail.
/// @pre 0 < shape <= 4
[[nodiscard]] inline float random_beta(double shape, std::uint64_t seed) noexcept {
  for (std::uint64_t k = 0; k < 1000; ++k) {
    const auto draw = [&](std::uint64_t counter) {
      const double uniform = static_cast<double>((random_bits(seed, counter) >> 11) + 1) * 0x1p-53;
      return std::log(uniform) / shape;
    };
    const double a = draw(2 * k), b = draw(2 * k + 1);  // logarithms: powers of small numbers are 0
    const double larger = (std::max)(a, b);
    const double sum = std::exp(a - larger) + std::exp(b - larger);
    if (larger + std::log(sum) <= 0.) return static_cast<float>(std::exp(a - larger) / sum);
  }
  return .5f;
}

}  // namespace einet::nn

#pragma once
// Random numbers and orders for training, as functions of counters: a sample's own coordinates.

#include <einet/base/random_bits.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <utility>
#include <vector>

namespace einet::nn {

using einet::random_bits;

/// A float in [0, 1), uniform over multiples of 2^-24.
[[nodiscard]] constexpr float random_uniform(std::uint64_t seed, std::uint64_t counter) noexcept {
  return static_cast<float>(random_bits(seed, counter) >> 40) * 0x1p-24f;
}

/// A standard normal number (Box and Muller's transform of two uniforms).
[[nodiscard]] inline float random_normal(std::uint64_t seed, std::uint64_t counter) noexcept {
  const double radius = static_cast<double>((random_bits(seed, 2 * counter) >> 11) + 1) * 0x1p-53;
  const double angle = static_cast<double>(random_bits(seed, 2 * counter + 1) >> 11) * 0x1p-53;
  return static_cast<float>(std::sqrt(-2.0 * std::log(radius)) * std::cos(2.0 * std::numbers::pi * angle));
}

/// 0 … count−1 in an order drawn by the seed (Fisher and Yates). Precondition: count < 2^32.
[[nodiscard]] inline std::vector<std::size_t> random_order(std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t left = count; left > 1; --left) {
    const auto pick = static_cast<std::size_t>(((random_bits(seed, left) >> 32) * left) >> 32);
    std::swap(order[left - 1], order[pick]);
  }
  return order;
}

}  // namespace einet::nn

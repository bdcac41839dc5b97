#pragma once
// Random numbers as a function of a seed and a counter: they depend neither on the order of drawing nor on
// the number of threads.

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace einet {

/// 64 well-mixed bits for a counter and a seed (the finaliser of SplitMix64, applied to both).
[[nodiscard]] constexpr std::uint64_t random_bits(std::uint64_t seed, std::uint64_t counter) noexcept {
  constexpr auto scramble = [](std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  };
  constexpr std::uint64_t golden = 0x9e3779b97f4a7c15ULL;
  return scramble(scramble(seed + golden) + (counter + 1) * golden);
}

/// A float in [0, 1), uniform over multiples of 2^-24.
[[nodiscard]] constexpr float random_uniform(std::uint64_t seed, std::uint64_t counter) noexcept {
  return static_cast<float>(random_bits(seed, counter) >> 40) * 0x1p-24f;
}

/// 0 … count − 1, shuffled by the seed (Fisher and Yates).
/// @pre count < 2^32
[[nodiscard]] inline std::vector<std::size_t> random_order(std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t left = count; left > 1; --left) {
    const auto pick = static_cast<std::size_t>(((random_bits(seed, left) >> 32) * left) >> 32);
    std::swap(order[left - 1], order[pick]);
  }
  return order;
}

}  // namespace einet

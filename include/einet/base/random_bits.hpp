#pragma once
// Random bits as a function of a seed and a counter: what is drawn depends on nothing else, not on the order
// of drawing nor on the number of threads.

#include <cstdint>

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

}  // namespace einet

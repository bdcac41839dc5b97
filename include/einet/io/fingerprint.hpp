#pragma once
// The fingerprint of a confidence profile: 16 digits that tell whether a predictor was fitted on it.

#include <einet/profile/confidence_profile.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>

namespace einet {

/// FNV-1a of 64 bits (Fowler, Noll, Vo) over the numbers of exits and samples, then sample by sample the bits
/// of the confidences, the predicted classes and the true class, each in little-endian order: the same on
/// every machine.
/// @return 16 hexadecimal digits
/// @pre the profile is valid
template <std::size_t N>
[[nodiscard]] std::string fingerprint(const ConfidenceProfile<N>& profile) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  const auto add = [&hash](std::uint64_t value, int bytes) {
    for (int byte = 0; byte < bytes; ++byte) {
      hash ^= (value >> (8 * byte)) & 0xff;
      hash *= 0x100000001b3ULL;
    }
  };
  const std::size_t exits = profile.exit_count();
  add(exits, 8);
  add(profile.samples(), 8);
  for (std::size_t s = 0; s < profile.samples(); ++s) {
    for (std::size_t k = 0; k < exits; ++k) add(std::bit_cast<std::uint32_t>(profile.confidence[s][k]), 4);
    for (std::size_t k = 0; k < exits; ++k) add(static_cast<std::uint32_t>(profile.predicted[s][k]), 4);
    add(static_cast<std::uint32_t>(profile.label[s]), 4);
  }
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[(hash >> shift) & 0xf];
  return digits;
}

}  // namespace einet

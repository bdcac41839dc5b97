#pragma once
// XXH64 (the 64-bit function of the xxHash specification) over whole words: the checksum of slots that
// outlive their writer. Its four lanes are independent, so that 400 bytes take some 25 ns.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace einet::detail {

namespace xxh64 {

inline constexpr std::uint64_t prime1 = 0x9E3779B185EBCA87;
inline constexpr std::uint64_t prime2 = 0xC2B2AE3D27D4EB4F;
inline constexpr std::uint64_t prime3 = 0x165667B19E3779F9;
inline constexpr std::uint64_t prime4 = 0x85EBCA77C2B2AE63;
inline constexpr std::uint64_t prime5 = 0x27D4EB2F165667C5;

[[nodiscard]] constexpr std::uint64_t round(std::uint64_t lane, std::uint64_t word) noexcept {
  return std::rotl(lane + word * prime2, 31) * prime1;
}

[[nodiscard]] constexpr std::uint64_t merge(std::uint64_t sum, std::uint64_t lane) noexcept {
  return (sum ^ round(0, lane)) * prime1 + prime4;
}

}  // namespace xxh64

/// XXH64 of the bytes of `count` words, least significant first: the same on machines of either byte order.
/// @param word called once with each index below `count`, returns the word there
template <class Word>
[[nodiscard]] constexpr std::uint64_t checksum(std::size_t count, Word word, std::uint64_t seed) noexcept {
  using namespace xxh64;
  const std::size_t in_fours = count / 4 * 4;
  std::uint64_t sum = seed + prime5;
  if (in_fours > 0) {
    std::uint64_t a = seed + prime1 + prime2, b = seed + prime2, c = seed, d = seed - prime1;
    for (std::size_t at = 0; at < in_fours; at += 4) {
      a = round(a, word(at));
      b = round(b, word(at + 1));
      c = round(c, word(at + 2));
      d = round(d, word(at + 3));
    }
    sum = std::rotl(a, 1) + std::rotl(b, 7) + std::rotl(c, 12) + std::rotl(d, 18);
    sum = merge(merge(merge(merge(sum, a), b), c), d);
  }
  sum += count * sizeof(std::uint64_t);
  for (std::size_t at = in_fours; at < count; ++at)
    sum = std::rotl(sum ^ round(0, word(at)), 27) * prime1 + prime4;
  sum = (sum ^ (sum >> 33)) * prime2;
  sum = (sum ^ (sum >> 29)) * prime3;
  return sum ^ (sum >> 32);
}

[[nodiscard]] constexpr std::uint64_t checksum(std::span<const std::uint64_t> words,
                                               std::uint64_t seed = 0) noexcept {
  return checksum(
      words.size(), [words](std::size_t at) { return words[at]; }, seed);
}

}  // namespace einet::detail

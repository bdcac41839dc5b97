#include "catch.hpp"

#include <einet/posix/checksum.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace {

/// The bytes of the xxHash project's own test vectors, as little-endian words.
std::vector<std::uint64_t> sanity_words(std::size_t count) {
  std::uint64_t generator = 2654435761;
  std::vector<std::uint64_t> words(count);
  for (std::size_t byte = 0; byte < 8 * count; ++byte) {
    words[byte / 8] |= (generator >> 56) << (8 * (byte % 8));
    generator *= 11400714785074694797u;
  }
  return words;
}

struct Vector {
  std::size_t bytes;
  std::uint64_t seed, expected;
};

}  // namespace

TEST_CASE("the checksum is XXH64, by the xxHash project's published test vectors", "[run][checksum]") {
  constexpr std::uint64_t prime32 = 2654435761;
  // xxHash 0.8.2, tests/sanity_test_vectors.h, those of whole words.
  const std::array<Vector, 12> published{{{0, 0, 0xEF46DB3751D8E999},
                                          {0, prime32, 0xAC75FDA2929B17EF},
                                          {8, 0, 0xCDBCF538E71D1348},
                                          {8, prime32, 0xFE0C047A5353CDAC},
                                          {16, 0, 0x98C90B57FDFCB55C},
                                          {16, prime32, 0xC900AD2D536B607E},
                                          {32, 0, 0x18B216492BB44B70},
                                          {64, 0, 0xEF558F8ACAC2B5CD},
                                          {128, 0, 0x90CA021457D96DC5},
                                          {240, 0, 0xB81838D483BAEE53},
                                          {256, 0, 0x5E3F5BF94D574981},
                                          {4096, 0, 0xAB77F4AF85F4E70B}}};
  for (const Vector& vector : published) {
    const auto words = sanity_words(vector.bytes / 8);
    CAPTURE(vector.bytes, vector.seed);
    CHECK(einet::detail::checksum(std::span<const std::uint64_t>(words), vector.seed) == vector.expected);
  }
}

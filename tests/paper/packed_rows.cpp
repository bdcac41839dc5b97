#include "catch.hpp"

#include <einet/paper/packed_rows.hpp>
#include <einet/paper/weight_format.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace {

using einet::detail::PackedRows;

template <class Format, std::size_t Length>
void pads_to_whole_lines(std::size_t lines) {
  using Rows = PackedRows<Format, Length>;
  static_assert(Rows::padded_length >= Length && Rows::padded_length == Rows::pitch * Format::per_word);
  Rows rows(3);
  CHECK(rows.words().size() * 4 == 3 * lines * 64);
  std::array<float, Length> weights;
  for (std::size_t i = 0; i < Length; ++i) weights[i] = i % 2 == 0 ? 1.f : -1.f;
  rows.put(1, weights);
  for (std::size_t r = 0; r < 3; ++r) {
    CHECK(reinterpret_cast<std::uintptr_t>(rows.row(r)) % 64 == 0);
    for (std::size_t i = 0; i < Rows::padded_length; ++i) {
      const float expected = r == 1 && i < Length ? weights[i] : 0.f;
      REQUIRE_THAT(static_cast<double>(rows.weight(r, i)), einet::test::WithinAbs(expected, 1e-6));
    }
  }
}

TEST_CASE("rows fill whole cache lines with zeros, in as few bytes as the format promises",
          "[predict][packed_rows]") {
  pads_to_whole_lines<einet::Fp32, 64>(4);
  pads_to_whole_lines<einet::Bf16, 64>(2);
  pads_to_whole_lines<einet::Int8, 64>(1);
  pads_to_whole_lines<einet::Fp32, 1>(1);
  pads_to_whole_lines<einet::Int8, 65>(2);
}

}  // namespace

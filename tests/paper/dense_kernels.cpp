#include "architectures.hpp"
#include "catch.hpp"

#include <einet/paper/dense_kernels.hpp>
#include <einet/paper/weight_format.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace {

using einet::detail::PackedRows;
using einet::detail::ScaledColumn;

/// Sums of columns and products of rows, against double over the stored weights; any number of columns, and
/// lengths that are not a multiple of a register.
template <class Format, std::size_t Length, class Arch>
void equal_plain_loops() {
  using Rows = PackedRows<Format, Length>;
  CAPTURE(Length, Format::per_word);
  std::mt19937 random(31);
  std::uniform_real_distribution<float> draw(-1.f, 1.f);
  constexpr std::size_t count = 11;
  Rows rows(count);
  std::array<float, Length> weights;
  for (std::size_t r = 0; r < count; ++r) {
    for (float& weight : weights) weight = draw(random) * static_cast<float>(1 + r);
    rows.put(r, weights);
    REQUIRE(reinterpret_cast<std::uintptr_t>(rows.row(r)) % 64 == 0);
  }
  for (std::size_t columns = 0; columns <= count; ++columns) {
    std::vector<ScaledColumn> list(columns);
    for (auto& entry : list) entry = {static_cast<std::uint32_t>(random() % count), draw(random)};
    alignas(64) std::array<float, Rows::padded_length> out{};
    for (std::size_t i = 0; i < Length; ++i) out[i] = draw(random);
    const auto start = out;
    einet::detail::add_columns<Arch>(out.data(), rows, list.data(), columns);
    for (std::size_t i = 0; i < out.size(); ++i) {
      double expected = static_cast<double>(start[i]);
      if (i < Length)
        for (const auto& entry : list)
          expected += static_cast<double>(entry.scale) * static_cast<double>(rows.weight(entry.index, i));
      REQUIRE_THAT(static_cast<double>(out[i]), einet::test::WithinAbs(expected, 1e-4));
    }
  }

  alignas(64) std::array<float, Rows::padded_length> x{};
  for (std::size_t i = 0; i < Length; ++i) x[i] = draw(random);
  for (const std::size_t first : {0u, 3u, 10u, 11u}) {
    std::array<float, count> out;
    out.fill(-5.f);
    einet::detail::multiply_rows<Arch>(out.data(), rows, first, count, x.data());
    for (std::size_t r = 0; r < count; ++r) {
      double expected = r < first ? -5. : 0.;
      if (r >= first)
        for (std::size_t i = 0; i < Length; ++i)
          expected += static_cast<double>(rows.weight(r, i)) * static_cast<double>(x[i]);
      REQUIRE_THAT(static_cast<double>(out[r]), einet::test::WithinAbs(expected, 1e-3));
    }
  }
}

template <class Arch>
void every_format() {
  equal_plain_loops<einet::Fp32, 37, Arch>();
  equal_plain_loops<einet::Bf16, 37, Arch>();
  equal_plain_loops<einet::Int8, 37, Arch>();
  equal_plain_loops<einet::Int8, 129, Arch>();
}

TEST_CASE("columns are added and rows multiplied as by plain loops, in every format and instruction set",
          "[predict][dense_kernels]") {
  einet::test::for_each_arch([]<class Arch>(Arch) { every_format<Arch>(); });
}

}  // namespace

#include "architectures.hpp"
#include "catch.hpp"
#include "support.hpp"

#include <einet/paper/counted_columns.hpp>
#include <einet/paper/weight_format.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace {

using einet::Int8;
using einet::detail::CountedColumn;
using einet::detail::PackedRows;

constexpr std::size_t count_length = 70, count_rows = 9;

/// Rows of whole numbers, of scale 1: the largest of each is 127.
PackedRows<Int8, count_length> whole_rows(std::mt19937& random,
                                          std::array<std::array<int, count_length>, count_rows>& numbers,
                                          bool extreme) {
  PackedRows<Int8, count_length> packed(count_rows);
  for (std::size_t r = 0; r < count_rows; ++r) {
    std::array<float, count_length> weights;
    for (std::size_t i = 0; i < count_length; ++i) {
      const int drawn = static_cast<int>(random() % 255) - 127;
      numbers[r][i] = i == 0 ? 127 : extreme ? (i % 2 == 0 ? 127 : -127) : drawn;
      weights[i] = static_cast<float>(numbers[r][i]);
    }
    packed.put(r, weights);
  }
  return packed;
}

/// Against sums of 64 bits. Up to 512 columns nothing is rounded before the sum itself is.
template <class Arch>
void equals_plain_sums(std::size_t columns, bool extreme, unsigned seed) {
  CAPTURE(columns, extreme, seed);
  std::mt19937 random(seed);
  std::array<std::array<int, count_length>, count_rows> numbers;
  const auto packed = whole_rows(random, numbers, extreme);
  std::vector<CountedColumn> list(columns);
  for (auto& entry : list)
    entry = {static_cast<std::uint32_t>(random() % count_rows),
             extreme ? 32767 : static_cast<std::int32_t>(random() % 65535) - 32767};
  alignas(64) std::array<float, PackedRows<Int8, count_length>::padded_length> out{};
  einet::detail::add_counted_columns<Arch>(out.data(), packed, list.data(), columns, .5f);
  constexpr bool exact = einet::detail::multiplies_pairs<Arch>;
  const double off = exact ? 1e-6 : 1e-7 * static_cast<double>(columns);  // of the sum of sizes
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::int64_t sum = 0, size = 0;
    for (const auto& entry : list)
      if (i < count_length) {
        sum += std::int64_t{entry.count} * numbers[entry.index][i];
        size += std::abs(std::int64_t{entry.count} * numbers[entry.index][i]);
      }
    if (exact && columns <= 512)
      REQUIRE(out[i] == .5f * static_cast<float>(sum));
    else
      REQUIRE_THAT(static_cast<double>(out[i]),
                   einet::test::WithinAbs(.5 * static_cast<double>(sum), off * static_cast<double>(size)));
  }
}

template <class Arch>
void every_number_of_columns() {
  for (std::size_t columns = 0; columns <= 20; ++columns)
    equals_plain_sums<Arch>(columns, false, 40 + static_cast<unsigned>(columns));
  for (const std::size_t columns : {511u, 512u, 513u, 1100u}) {
    equals_plain_sums<Arch>(columns, false, 70);
    equals_plain_sums<Arch>(columns, true, 71);  // 512 of them come to just below 2^31
  }
}

TEST_CASE("columns counted in whole numbers are summed without error, on every instruction set",
          "[predict][counted_columns]") {
  const auto columns_of = []<class Arch>(Arch) {
    if constexpr (einet::simd::has_arch<Arch>) every_number_of_columns<Arch>();
  };
  einet::test::for_each_arch([]<class Arch>(Arch) { every_number_of_columns<Arch>(); });
  columns_of(xsimd::avx{});           // multiplies no pairs: sums of floats
  columns_of(xsimd::default_arch{});  // has no dot products
}

TEST_CASE("sums are added to what is there", "[predict][counted_columns]") {
  std::mt19937 random(72);
  std::array<std::array<int, count_length>, count_rows> numbers;
  const auto packed = whole_rows(random, numbers, false);
  alignas(64) std::array<float, PackedRows<Int8, count_length>::padded_length> out;
  out.fill(3.f);
  const CountedColumn one{2, -5};
  einet::detail::add_counted_columns<einet::simd::default_arch>(out.data(), packed, &one, 1, 1.f);
  for (std::size_t i = 0; i < count_length; ++i)
    CHECK(out[i] == 3.f - 5.f * static_cast<float>(numbers[2][i]));
}

}  // namespace

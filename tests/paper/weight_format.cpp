#include "architectures.hpp"
#include "catch.hpp"
#include "support.hpp"

#include <einet/paper/weight_format.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace {

using einet::Bf16;
using einet::Fp32;
using einet::Int8;

static_assert(einet::weight_format<Fp32> && einet::weight_format<Bf16> && einet::weight_format<Int8>);
static_assert(!einet::weight_format<float>);
static_assert(std::is_same_v<einet::DefaultWeightFormat, Fp32>);

float widened(std::uint16_t upper) {
  return std::bit_cast<float>(std::uint32_t{upper} << 16);
}

/// The nearest number with 8 significant bits, computed in whole numbers; of two equally near, the even one.
double nearest_of_8_bits(float value) {
  int exponent = 0;
  std::frexp(static_cast<double>(value), &exponent);
  exponent = (std::max)(exponent, -125);  // as for the least normal float: below, steps stay the same
  const double step = std::ldexp(1., exponent - 8);
  return std::nearbyint(static_cast<double>(value) / step) * step;
}

TEST_CASE("bf16 rounds to the nearest number of 8 significant bits", "[predict][weight_format]") {
  std::mt19937 random(21);
  for (std::size_t i = 0; i < einet::test::cases(20000); ++i) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (!std::isfinite(value) || std::fabs(value) > 3.38e38f) continue;
    CAPTURE(value);
    REQUIRE(static_cast<double>(widened(Bf16::rounded(value))) == nearest_of_8_bits(value));
  }
}

TEST_CASE("bf16 rounds to even between two, keeps what it can hold, and never becomes infinite",
          "[predict][weight_format]") {
  for (const auto& [value, rounded] :
       std::vector<std::array<float, 2>>{{1.f, 1.f},
                                         {-0.f, -0.f},
                                         {1 + 0x1p-8f, 1.f},              // between 1 and 1 + 2^-7: 1 is even
                                         {1 + 3 * 0x1p-8f, 1 + 0x1p-6f},  // between 1 + 2^-7 and 1 + 2^-6
                                         {1 + 0x1p-8f + 0x1p-20f, 1 + 0x1p-7f},  // just above the middle
                                         {2 - 0x1p-20f, 2.f},                    // carries into the exponent
                                         {-1 - 3 * 0x1p-8f, -1 - 0x1p-6f},
                                         {std::numeric_limits<float>::max(), 0x1.fep127f},
                                         {std::numeric_limits<float>::lowest(), -0x1.fep127f}}) {
    CAPTURE(value);
    CHECK(widened(Bf16::rounded(value)) == rounded);
    CHECK(std::signbit(widened(Bf16::rounded(value))) == std::signbit(value));
  }
}

TEST_CASE("int8 is off by half a step at most, and holds zero and both ends exactly",
          "[predict][weight_format]") {
  std::mt19937 random(22);
  std::normal_distribution<float> draw;
  for (const float size : {1.f, 1e-20f, 1e30f}) {
    std::array<float, 100> row;
    for (float& weight : row) weight = size * draw(random);
    float largest = 0;
    for (const float weight : row) largest = std::fmax(largest, std::fabs(weight));
    row[3] = 0;
    row[4] = largest;
    row[5] = -largest;
    const float scale = Int8::scale_of(row);
    std::array<Int8::Word, 32> words{};
    for (std::size_t i = 0; i < row.size(); ++i) Int8::put(words.data(), i, row[i], scale);
    for (std::size_t i = 0; i < row.size(); ++i) {
      const double kept = static_cast<double>(Int8::get(words.data(), i)) * static_cast<double>(scale);
      REQUIRE(std::fabs(kept - static_cast<double>(row[i])) <=
              static_cast<double>(largest) / 254 * (1 + 1e-6));
    }
    CHECK(Int8::get(words.data(), 3) == 0.f);
    CHECK(Int8::get(words.data(), 4) == 127 * Int8::unit);
    CHECK(Int8::get(words.data(), 5) == -127 * Int8::unit);
  }
}

TEST_CASE("rows of zeros, and of numbers too small for a scale, become zeros", "[predict][weight_format]") {
  for (const float weight : {0.f, 1e-30f, std::numeric_limits<float>::denorm_min()}) {
    const std::array<float, 2> row{weight, -weight};
    const float scale = Int8::scale_of(row);
    Int8::Word words[16]{};
    Int8::put(words, 0, row[0], scale);
    Int8::put(words, 1, row[1], scale);
    CHECK(Int8::get(words, 0) * scale == 0.f);
    CHECK(Int8::get(words, 1) * scale == 0.f);
  }
}

/// Weights put in any order, some twice, are those that get() and registers yield.
template <class Format, class Arch>
void loads_what_was_put() {
  using Lanes = einet::simd::Lanes<float, Arch>;
  constexpr std::size_t count = 3 * einet::detail::group<Format>;
  std::mt19937 random(23);
  alignas(64) std::array<typename Format::Word, count / Format::per_word> words;
  words.fill(Format::zeros);
  std::vector<float> kept(count);
  for (std::size_t turn = 0; turn < 2 * count; ++turn) {
    const std::size_t index = random() % count;
    // Whole numbers that every format holds.
    const float weight = static_cast<float>(random() % 255) - 127.f;
    Format::put(words.data(), index, weight, Format::scaled ? 1 / Int8::unit : 1.f);
    kept[index] = Format::scaled ? weight * Int8::unit : weight;
  }
  for (std::size_t i = 0; i < count; ++i) REQUIRE(Format::get(words.data(), i) == kept[i]);
  for (std::size_t word = 0; word < words.size(); word += Lanes::size) {
    Lanes lanes[Format::per_word];
    Format::template load<Arch>(words.data() + word, lanes);
    for (std::size_t part = 0; part < Format::per_word; ++part) {
      alignas(64) std::array<float, Lanes::size> stored;
      lanes[part].store_aligned(stored.data());
      const std::size_t first = word / 16 * einet::detail::group<Format> + part * 16 + word % 16;
      for (std::size_t lane = 0; lane < Lanes::size; ++lane) REQUIRE(stored[lane] == kept[first + lane]);
    }
  }
}

template <class Arch>
void every_format_loads() {
  loads_what_was_put<Fp32, Arch>();
  loads_what_was_put<Bf16, Arch>();
  loads_what_was_put<Int8, Arch>();
}

TEST_CASE("registers hold the weights in the order of their outputs, on every instruction set",
          "[predict][weight_format]") {
  einet::test::for_each_arch([]<class Arch>(Arch) { every_format_loads<Arch>(); });
}

}  // namespace

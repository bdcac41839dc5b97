#include "architectures.hpp"
#include "catch.hpp"

#include <einet/paper/passed_on.hpp>
#include <einet/paper/weight_format.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace {

using einet::Int8;
using einet::detail::PackedRows;
using einet::detail::PassedOn;

constexpr std::size_t passed_units = 37;
constexpr float no_number = std::numeric_limits<float>::quiet_NaN();
constexpr float beyond_all = std::numeric_limits<float>::infinity();

/// Columns whose scales differ a thousandfold; that of unit 5 is all zeros.
PackedRows<Int8, passed_units> columns(std::mt19937& random) {
  std::uniform_real_distribution<float> draw(-1.f, 1.f);
  PackedRows<Int8, passed_units> packed(passed_units);
  for (std::size_t j = 0; j < passed_units; ++j) {
    std::array<float, passed_units> column;
    for (float& weight : column) weight = j == 5 ? 0.f : draw(random) * std::pow(10.f, -3.f * draw(random));
    packed.put(j, column);
  }
  return packed;
}

template <class Format, class Arch>
void all_units_as_one(const PassedOn<Format, passed_units>& passed_on) {
  std::mt19937 random(51);
  std::uniform_real_distribution<float> draw(-4.f, 4.f);
  alignas(64) std::array<float, PackedRows<Format, passed_units>::padded_length> given{};
  alignas(64) std::array<typename PassedOn<Format, passed_units>::Value, given.size()> values;
  for (std::size_t j = 0; j < passed_units; ++j) given[j] = draw(random);
  given[7] = no_number;
  given[8] = beyond_all;
  given[9] = -beyond_all;
  given[10] = 0.f;
  passed_on.template all<Arch>(given.data(), values.data());
  for (std::size_t j = 0; j < passed_units; ++j) CHECK(values[j] == passed_on(j, given[j]));
  for (std::size_t j = passed_units; j < given.size(); ++j) CHECK(values[j] == 0);
  for (const std::size_t none : {7u, 9u, 10u}) CHECK(values[none] == 0);
}

TEST_CASE("floats are passed on as they are, rectified", "[predict][passed_on]") {
  const PassedOn<einet::Fp32, passed_units> passed_on;
  CHECK(passed_on(3, 1.25f) == 1.25f);
  CHECK(passed_on(3, -1.25f) == 0.f);
  CHECK(passed_on(3, no_number) == 0.f);
  CHECK(passed_on.activation(3, 1.25f) == 1.25f);
  all_units_as_one<einet::Fp32, einet::simd::default_arch>(passed_on);
}

TEST_CASE("whole steps are off by at most half a step, and worth the same in every column",
          "[predict][passed_on]") {
  std::mt19937 random(52);
  const auto packed = columns(random);
  std::uniform_real_distribution<float> draw(0.f, 3.f);
  std::array<float, passed_units> largest;
  for (float& most : largest) most = draw(random);
  const PassedOn<Int8, passed_units> passed_on(packed, largest);
  double most = 0;
  for (std::size_t j = 0; j < passed_units; ++j)
    most = std::fmax(most, static_cast<double>(largest[j]) * static_cast<double>(packed.scale(j)));
  std::int32_t highest = 0;
  for (std::size_t j = 0; j < passed_units; ++j) {
    CAPTURE(j);
    const auto scale = static_cast<double>(packed.scale(j));
    if (j == 5) {
      CHECK(passed_on(j, largest[j]) == 0);
      CHECK(passed_on.activation(j, 1) == 0.f);
      continue;
    }
    const double step = most / 32767 / scale;  // one step of any unit, times its scale, is the same
    CHECK_THAT(static_cast<double>(passed_on.activation(j, 1)), einet::test::WithinRel(step, 1e-6));
    for (int i = 0; i < 20; ++i) {
      const float activation = largest[j] * static_cast<float>(random() % 1001) / 1000.f;
      const std::int32_t steps = passed_on(j, activation);
      highest = std::max(highest, steps);
      const double taken = static_cast<double>(passed_on.activation(j, steps));
      REQUIRE(std::fabs(taken - static_cast<double>(activation)) <=
              step / 2 + 1e-6 * static_cast<double>(activation));
    }
    CHECK(passed_on(j, beyond_all) == 32767);
    CHECK(passed_on(j, -1.f) == 0);
    CHECK(passed_on(j, no_number) == 0);
    highest = std::max(highest, passed_on(j, largest[j]));
  }
  CHECK(highest == 32767);
  einet::test::for_each_arch([&]<class Arch>(Arch) { all_units_as_one<Int8, Arch>(passed_on); });
}

TEST_CASE("nothing is passed on if no activation can be above zero, and never more than fits",
          "[predict][passed_on]") {
  std::mt19937 random(53);
  const auto packed = columns(random);
  std::array<float, passed_units> largest;
  for (const float most : {0.f, -1.f, beyond_all, std::numeric_limits<float>::max()}) {
    largest.fill(most);
    const PassedOn<Int8, passed_units> passed_on(packed, largest);
    for (std::size_t j = 0; j < passed_units; ++j)
      for (const float given : {0.f, 1.f, 1e38f, beyond_all, no_number}) {
        const std::int32_t steps = passed_on(j, given);
        CHECK((steps >= 0 && steps <= 32767));
        CHECK((most > 0.f || steps == 0 || given == beyond_all));
      }
  }
}

}  // namespace

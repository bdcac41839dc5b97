#include "catch.hpp"
#include "support.hpp"

#include <einet/io/half.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace {

/// The value of a binary16 by the definition in IEEE 754.
double worth_of_half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1f;
  const int mantissa = bits & 0x3ff;
  const double sign = (bits & 0x8000) != 0 ? -1. : 1.;
  if (exponent == 31) return mantissa == 0 ? sign * HUGE_VAL : std::nan("");
  if (exponent == 0) return sign * std::ldexp(mantissa, -24);
  return sign * std::ldexp(1024 + mantissa, exponent - 25);
}

}  // namespace

TEST_CASE("every one of the 65,536 halves becomes the float that IEEE 754 defines, and the same half again",
          "[io][half]") {
  int wrong = 0;
  for (std::uint32_t h = 0; h <= 0xffff; ++h) {
    const auto bits = static_cast<std::uint16_t>(h);
    const double expected = worth_of_half(bits);
    const float value = einet::io::half_to_float(bits);
    const std::uint16_t back = einet::io::float_to_half(value);
    if (std::isnan(expected)) {
      wrong += !std::isnan(value) || !std::isnan(worth_of_half(back)) ? 1 : 0;
    } else {
      wrong += static_cast<double>(value) != expected || std::signbit(value) != std::signbit(expected) ||
                       back != bits
                   ? 1
                   : 0;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("between two neighbouring halves every float goes to the nearer, the middle to the even one",
          "[io][half]") {
  int wrong = 0;
  const auto expect = [&](float value, std::uint32_t half) {
    wrong += einet::io::float_to_half(value) != half ? 1 : 0;
    wrong += einet::io::float_to_half(-value) != (half | 0x8000U) ? 1 : 0;
  };
  for (std::uint32_t low = 0; low < 0x7c00; ++low) {
    const double a = worth_of_half(static_cast<std::uint16_t>(low));
    // The number after the largest half, 65504, would be 65536: beyond the middle, infinity is nearer.
    const double b = low == 0x7bff ? 65536. : worth_of_half(static_cast<std::uint16_t>(low + 1));
    const auto middle = static_cast<float>((a + b) / 2);
    REQUIRE(static_cast<double>(middle) == (a + b) / 2);
    expect(middle, low % 2 == 0 ? low : low + 1);
    expect(std::nextafterf(middle, 0.f), low);
    expect(std::nextafterf(middle, HUGE_VALF), low + 1);
  }
  CHECK(wrong == 0);
}

TEST_CASE("a random float becomes the nearest of all halves", "[io][half]") {
  const std::uint32_t seed = 20240611;
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (std::size_t i = 0; i < einet::test::cases(20000); ++i) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    const std::uint16_t half = einet::io::float_to_half(value);
    if (std::isnan(value)) {
      CHECK(std::isnan(worth_of_half(half)));
    } else if (std::fabs(value) >= 65520.f) {
      CHECK(half == (std::signbit(value) ? 0xfc00 : 0x7c00));
    } else {
      const double distance = std::fabs(worth_of_half(half) - static_cast<double>(value));
      for (const int step : {-1, 1}) {
        const int next = (half & 0x7fff) + step;
        if (next < 0 || next >= 0x7c00) continue;
        const double other = worth_of_half(static_cast<std::uint16_t>(next | (half & 0x8000)));
        CHECK(distance <= std::fabs(other - static_cast<double>(value)));
      }
    }
  }
}

TEST_CASE("no bfloat16 loses anything as a float", "[io][half]") {
  for (std::uint32_t b = 0; b <= 0xffff; ++b)
    if (std::bit_cast<std::uint32_t>(einet::io::bfloat16_to_float(static_cast<std::uint16_t>(b))) != b << 16)
      FAIL(b);
  CHECK(einet::io::bfloat16_to_float(0x3fc0) == 1.5f);
}

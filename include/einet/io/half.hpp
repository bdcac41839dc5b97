#pragma once
// The 16-bit floating-point formats of stored tensors, converted by integer arithmetic only, so that the
// result is the same on every machine and under every compiler flag.

#include <bit>
#include <cstdint>

namespace einet::io {

namespace detail {

/// `value / 2^shift`, rounded to nearest, ties to even; shift in [1, 31), no overflow near 2^32.
constexpr std::uint32_t shift_to_nearest_even(std::uint32_t value, std::uint32_t shift) noexcept {
  const std::uint32_t below_half = (1U << (shift - 1)) - 1U;
  return (value + below_half + ((value >> shift) & 1U)) >> shift;
}

}  // namespace detail

/// The float that IEEE binary16 `bits` stand for; exact, NaN payloads kept.
[[nodiscard]] constexpr float half_to_float(std::uint16_t bits) noexcept {
  const std::uint32_t sign = (bits & 0x8000U) << 16U;
  const std::uint32_t exponent = (bits >> 10U) & 0x1fU;
  std::uint32_t mantissa = bits & 0x3ffU;
  if (exponent == 0x1fU) return std::bit_cast<float>(sign | 0x7f800000U | (mantissa << 13U));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112U) << 23U) | (mantissa << 13U));
  if (mantissa == 0) return std::bit_cast<float>(sign);
  // A subnormal half is a normal float: move its leading one to the place of the implicit bit.
  const auto shift = static_cast<std::uint32_t>(std::countl_zero(mantissa)) - 21U;
  mantissa = (mantissa << shift) & 0x3ffU;
  return std::bit_cast<float>(sign | ((113U - shift) << 23U) | (mantissa << 13U));
}

/// The IEEE binary16 nearest to `value`, ties to even; infinity beyond 65504 + 1/2 ulp; NaN stays NaN.
[[nodiscard]] constexpr std::uint16_t float_to_half(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16U) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  std::uint32_t half = 0;
  if (magnitude > 0x7f800000U) {  // NaN: the quiet bit keeps it NaN when the payload's top bits are 0
    half = 0x7e00U | ((magnitude >> 13U) & 0x3ffU);
  } else if (magnitude >= 0x47800000U) {  // 2^16 and more
    half = 0x7c00U;
  } else if (magnitude >= 0x38800000U) {  // 2^-14 and more: a normal half, or infinity by rounding
    half = detail::shift_to_nearest_even(magnitude - (112U << 23U), 13U);
  } else if (magnitude > 0x33000000U) {  // above half the smallest subnormal, 2^-25
    const std::uint32_t mantissa = (magnitude & 0x7fffffU) | 0x800000U;
    half = detail::shift_to_nearest_even(mantissa, 126U - (magnitude >> 23U));
  }
  return static_cast<std::uint16_t>(sign | half);
}

/// The float that bfloat16 `bits` stand for; exact.
[[nodiscard]] constexpr float bfloat16_to_float(std::uint16_t bits) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

}  // namespace einet::io

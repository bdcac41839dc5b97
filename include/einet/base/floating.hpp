#pragma once
// What a number is, read off its bits: IEEE's rules hold here in programs built with -ffast-math, too, where
// the compiler takes every comparison with NaN or infinity for granted. And what passes for a probability.

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace einet {

namespace detail {

template <std::floating_point T>
using bits_of = std::conditional_t<sizeof(T) == sizeof(std::uint32_t), std::uint32_t, std::uint64_t>;

/// All bits of a positive infinity: the exponent's.
template <std::floating_point T>
inline constexpr bits_of<T> infinity_bits = std::bit_cast<bits_of<T>>(std::numeric_limits<T>::infinity());

/// The bits of `value` without its sign.
template <std::floating_point T>
[[nodiscard]] constexpr bits_of<T> magnitude_bits(T value) noexcept {
  static_assert(sizeof(T) == sizeof(bits_of<T>) && std::numeric_limits<T>::is_iec559);
  return std::bit_cast<bits_of<T>>(value) & (~bits_of<T>{0} >> 1);
}

}  // namespace detail

template <std::floating_point T>
[[nodiscard]] constexpr bool is_finite(T value) noexcept {
  return detail::magnitude_bits(value) < detail::infinity_bits<T>;
}

template <std::floating_point T>
[[nodiscard]] constexpr bool is_nan(T value) noexcept {
  return detail::magnitude_bits(value) > detail::infinity_bits<T>;
}

/// The rule for every confidence that comes from outside, an output's, a predictor's or a policy's: what lies
/// outside [0, 1] counts as the nearer end, and NaN as 0, so that an answer that is not a number never beats
/// one that is.
[[nodiscard]] constexpr float as_probability(float value) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  constexpr std::uint32_t one = std::bit_cast<std::uint32_t>(1.f);
  // The bits of floats >= 0 are in the order of their values; a sign makes them larger than all of those.
  if (bits <= one) return value;
  return bits <= detail::infinity_bits<float> ? 1.f : 0.f;
}

/// By how much a number may leave [0, 1] and still pass for a probability in fitting samples and profiles: a
/// softmax in floats ends a rounding beyond 1 now and then, and no run over a data set may be lost to that.
/// What passes is read by as_probability(), so that nothing computed from it leaves [0, 1].
inline constexpr float probability_slack = 1e-5f;

[[nodiscard]] constexpr bool nearly_probability(float value) noexcept {
  return is_finite(value) && value >= -probability_slack && value <= 1 + probability_slack;
}

}  // namespace einet

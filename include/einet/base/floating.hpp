#pragma once
// Classifies numbers by their bits, so that IEEE rules hold even under -ffast-math, where the compiler
// assumes that NaN and infinity never occur. Also defines what counts as a probability.

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace einet {

namespace detail {

template <std::floating_point T>
using bits_of = std::conditional_t<sizeof(T) == sizeof(std::uint32_t), std::uint32_t, std::uint64_t>;

/// The bits of positive infinity: exactly those of the exponent are set.
template <std::floating_point T>
inline constexpr bits_of<T> infinity_bits = std::bit_cast<bits_of<T>>(std::numeric_limits<T>::infinity());

/// The bits of `value` without its sign.
template <std::floating_point T>
[[nodiscard]] constexpr bits_of<T> magnitude_bits(T value) noexcept {
  static_assert(sizeof(T) == sizeof(bits_of<T>) && std::numeric_limits<T>::is_iec559);
  return std::bit_cast<bits_of<T>>(value) & (~bits_of<T>{0} >> 1);
}

}  // namespace detail

/// Whether `value` is a number, also under -ffast-math.
template <std::floating_point T>
[[nodiscard]] constexpr bool is_finite(T value) noexcept {
  return detail::magnitude_bits(value) < detail::infinity_bits<T>;
}

/// Whether `value` is NaN, also under -ffast-math.
template <std::floating_point T>
[[nodiscard]] constexpr bool is_nan(T value) noexcept {
  return detail::magnitude_bits(value) > detail::infinity_bits<T>;
}

/// The rule for every confidence that comes from an output, a predictor or a policy: values outside [0, 1]
/// count as the nearer end, and NaN as 0, so that an answer with no valid confidence never beats another.
[[nodiscard]] constexpr float as_probability(float value) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  constexpr std::uint32_t one = std::bit_cast<std::uint32_t>(1.f);
  // The bits of floats >= 0 sort like their values; those of negative floats are larger than all of them.
  if (bits <= one) return value;
  return bits <= detail::infinity_bits<float> ? 1.f : 0.f;
}

/// Whether `value` is a number in [0, 1].
template <std::floating_point T>
[[nodiscard]] constexpr bool is_probability(T value) noexcept {
  return is_finite(value) && value >= 0 && value <= 1;
}

/// How far outside [0, 1] a number may be and still pass as a probability in fitting samples and profiles: a
/// softmax in floats sometimes rounds to just above 1, which must not cost a run over a whole data set. Code
/// that uses such a number reads it by as_probability(), so that nothing computed from it leaves [0, 1].
inline constexpr float probability_slack = 1e-5f;

/// Whether `value` is in [0, 1] but for rounding.
[[nodiscard]] constexpr bool nearly_probability(float value) noexcept {
  return is_finite(value) && value >= -probability_slack && value <= 1 + probability_slack;
}

}  // namespace einet

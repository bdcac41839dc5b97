#pragma once
// The stop-time law: when inference is stopped. Paper, section V-A ("irregular time distributions").

#include <einet/base/lanes.hpp>

#include <concepts>

namespace einet {

/// A distribution of the moment of the stop: `cdf(t)` = P(stop < t), t in seconds since the inference began.
/// An output that is ready at the very moment of the stop counts. `cdf` never decreases, is 0 for t <= 0 and
/// at most 1; if it is below 1 at the end of the inference, the rest is the probability that no stop comes.
// clang-format off
template <class L>
concept stop_law = std::copyable<L> && requires(const L& law, double seconds) {
  { law.cdf(seconds) } noexcept -> std::convertible_to<double>;
};
// clang-format on

/// `law` for a network that takes `total` seconds: a law without a horizon of its own takes that.
template <stop_law Law>
[[nodiscard]] constexpr Law over(const Law& law, double total) {
  if constexpr (requires {
                  { law.over(total) } -> std::same_as<Law>;
                })
    return law.over(total);
  else
    return law;
}

/// A continuous law that can be evaluated at many moments at once:
/// - `lanes<Arch>(origin, scale)` is a function of `simd::Lanes<float, Arch>` x that yields the distribution
///   function at the moments origin + x·scale seconds;
/// - `lane_error(scale)` bounds its error for x in [0, 1] that have been rounded to 2⁻²⁰.
/// Laws with steps do not model it: a rounded moment may lie on the wrong side of a step.
// clang-format off
template <class L, class Arch = simd::default_arch>
concept lane_law = stop_law<L> &&
    requires(const L& law, double seconds, const simd::Lanes<float, Arch>& x) {
  { law.template lanes<Arch>(seconds, seconds)(x) } noexcept -> std::same_as<simd::Lanes<float, Arch>>;
  { law.lane_error(seconds) } noexcept -> std::same_as<double>;
};
// clang-format on

namespace detail {

/// Error of x itself, as a sum of many rounded times.
inline constexpr double moment_error = 1.0 / (1 << 20);
/// The shortest run, in seconds, whose moments single precision tells apart; shorter ones do not use lanes.
inline constexpr double shortest_in_lanes = 1e-30;
/// Error of a distribution function computed in single precision from an exact moment.
inline constexpr double value_error = 1.0 / (1 << 21);

}  // namespace detail

}  // namespace einet

#pragma once
// Laws that can be read at many moments at once, in single precision.

#include <einet/base/lanes.hpp>
#include <einet/plan/law.hpp>

#include <concepts>

namespace einet {

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
/// Error of a distribution function computed in single precision from an exact moment.
inline constexpr double value_error = 1.0 / (1 << 21);
/// The shortest run, in seconds, whose moments single precision tells apart; shorter ones do not use lanes.
inline constexpr double shortest_in_lanes = 1e-30;

}  // namespace detail

}  // namespace einet

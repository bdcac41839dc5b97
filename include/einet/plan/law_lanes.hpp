#pragma once
// Exit-time laws read in SIMD lanes: fast, and as precise as single floats are. What is decided by them is
// checked in double afterwards.

#include <einet/base/lanes.hpp>
#include <einet/plan/law.hpp>

#include <concepts>

namespace einet {

/// A continuous law that can be read at many moments at once:
/// - `lanes<Arch>(origin, scale)` is a function of `simd::Lanes<float, Arch>` x that yields the distribution
///   function at the moments origin + x·scale seconds;
/// - `lane_error(scale)` bounds how far off that is for x in [0, 1] that have been rounded to 2⁻²⁰.
/// Laws with steps do not model it: no rounded moment can tell the two sides of a step apart.
// clang-format off
template <class L, class Arch = simd::default_arch>
concept lane_law = exit_time_law<L> &&
    requires(const L& law, double seconds, const simd::Lanes<float, Arch>& x) {
  { law.template lanes<Arch>(seconds, seconds)(x) } noexcept -> std::same_as<simd::Lanes<float, Arch>>;
  { law.lane_error(seconds) } noexcept -> std::same_as<double>;
};
// clang-format on

namespace detail {

/// Error of x itself, after it has been summed up from many rounded times.
inline constexpr double moment_error = 1.0 / (1 << 20);
/// Seconds that can just be told apart in single precision; shorter runs are not read in lanes.
inline constexpr double shortest_in_lanes = 1e-30;
/// Error of a distribution function that is computed in single precision from an exact moment.
inline constexpr double value_error = 1.0 / (1 << 21);

}  // namespace detail

}  // namespace einet

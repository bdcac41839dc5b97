#pragma once
// How long a run keeps the device busy when the stop comes unpredictably: a stop frees the device before the
// plan is done.

#include <einet/base/assert.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/uniform.hpp>

#include <algorithm>
#include <cmath>

namespace einet::eval {

namespace detail {

/// A stretch of time, and the probability that the stop has not come by its ends.
struct Stretch {
  double from, to;
  double at_from, at_to;

  [[nodiscard]] double length() const noexcept { return to - from; }
};

/// The integral of 1 - F over a stretch: Simpson's rule for the whole and for two parts of it, divided
/// further until both agree. The parts are in the golden ratio, so that steps of the law do not agree by
/// chance. As the integrand never rises, a part is done as well when it is too short for a step within it to
/// matter.
template <stop_law Law>
[[nodiscard]] double survival(const Law& law, const Stretch& whole, double tolerance) noexcept {
  const auto left = [&](double moment) { return 1 - law.cdf(moment); };
  const auto simpson = [&](const Stretch& part) {
    return part.length() / 6 * (part.at_from + 4 * left(part.from + part.length() / 2) + part.at_to);
  };
  const double all = simpson(whole);
  if ((whole.at_from - whole.at_to) * whole.length() <= tolerance) return all;
  constexpr double share = .3819660112501051;
  const double middle = whole.from + share * whole.length(), at_middle = left(middle);
  const Stretch first{whole.from, middle, whole.at_from, at_middle};
  const Stretch second{middle, whole.to, at_middle, whole.at_to};
  const double parts = simpson(first) + simpson(second);
  if (std::abs(parts - all) <= tolerance) return parts;
  return survival(law, first, tolerance) + survival(law, second, tolerance);
}

}  // namespace detail

/// Mean of min(`busy`, the moment of the stop), in seconds, to a part in 1e9 or better.
/// @param law with a horizon, if its kind needs one
/// @param busy seconds that a run takes if nobody stops it
/// @pre busy is finite
template <stop_law Law>
[[nodiscard]] double seconds_until_stop(const Law& law, double busy) noexcept {
  EINET_ASSERT(is_finite(busy));
  if (!(busy > 0)) return 0;
  return detail::survival(law, {0, busy, 1 - law.cdf(0), 1 - law.cdf(busy)}, busy * 1e-12);
}

/// The same in closed form.
[[nodiscard]] inline double seconds_until_stop(const Uniform& law, double busy) noexcept {
  if (!(busy > 0)) return 0;
  const double seconds = (std::min)(busy, law.horizon());
  return seconds * (1 - seconds / law.horizon() / 2);
}

}  // namespace einet::eval

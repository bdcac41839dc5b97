#pragma once
// What a planner may be told beside its parts.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>

namespace einet {

/// Options of a Planner.
struct PlannerOptions {
  /// Worth of the answer that the caller has before the first output, a probability.
  float initial = 0;
  /// Caution: what is left of a run is planned as if it took so many times its profiled seconds, at least 1.
  /// With a deadline (PointMass) it decides how often the planned output is in time; see
  /// `MeasuredTimes::margin`.
  double margin = 1;
  /// Whether the measured times of a run scale what is left of its profile. The exit-time law and its horizon
  /// stay in real seconds.
  bool follow_pace = true;
};

/// @throws std::invalid_argument naming the field and what was expected
inline void validate(const PlannerOptions& options) {
  detail::expect(is_finite(options.initial) && options.initial >= 0 && options.initial <= 1, "Planner",
                 "initial", options.initial, "a probability in [0, 1]");
  detail::expect(is_finite(options.margin) && options.margin >= 1, "Planner", "margin", options.margin,
                 "a finite factor of at least 1");
}

}  // namespace einet

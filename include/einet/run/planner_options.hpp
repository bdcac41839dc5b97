#pragma once
// What a planner may be told beside its parts.

#include <cmath>
#include <stdexcept>
#include <string>

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
  if (!(options.initial >= 0.f && options.initial <= 1.f))
    throw std::invalid_argument("Planner: initial is " + std::to_string(options.initial) +
                                ", expected a probability in [0, 1]");
  if (!(options.margin >= 1 && std::isfinite(options.margin)))
    throw std::invalid_argument("Planner: margin is " + std::to_string(options.margin) +
                                ", expected a finite factor of at least 1");
}

}  // namespace einet

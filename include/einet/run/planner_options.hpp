#pragma once
// What a planner may be told besides its parts.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>

namespace einet {

/// Options of a Planner.
struct PlannerOptions {
  /// Worth of the answer that the caller has before the first output, a probability.
  float initial_worth = 0;
  /// Safety margin: a factor of at least 1 on the profiled seconds of what is left of a run. With a deadline
  /// (PointMass) it decides how often the planned output is in time; see `MeasuredTimes::margin`.
  double margin = 1;
  /// What a second of the device's time costs, in worth: of two plans, the longer one must be worth that much
  /// more. 0: time is free, and a plan may use all there is. Finite and >= 0; see also Planner::set_price.
  double price = 0;
  /// Whether the pace of a run scales what is left of its profile. The stop-time law stays in real seconds.
  bool follow_pace = true;
};

/// @throws std::invalid_argument naming the field and what was expected
inline void validate(const PlannerOptions& options) {
  detail::expect(is_probability(options.initial_worth), "Planner", "initial_worth", options.initial_worth,
                 "a probability in [0, 1]");
  detail::expect(is_finite(options.margin) && options.margin >= 1, "Planner", "margin", options.margin,
                 "a finite factor of at least 1");
  detail::expect(is_finite(options.price) && options.price >= 0, "Planner", "price", options.price,
                 "a finite worth per second >= 0");
}

}  // namespace einet

#pragma once
// Which numbers set-up takes for probabilities. A softmax in floats ends a rounding beyond 1 now and then; no
// run over a data set may be lost to that.

#include <einet/base/floating.hpp>

namespace einet {

/// By how much a number may leave [0, 1] and still pass for a probability in fitting samples and profiles.
/// What passes is read by as_probability(), so that nothing computed from it leaves [0, 1].
inline constexpr float probability_slack = 1e-5f;

[[nodiscard]] constexpr bool nearly_probability(float value) noexcept {
  return is_finite(value) && value >= -probability_slack && value <= 1 + probability_slack;
}

}  // namespace einet

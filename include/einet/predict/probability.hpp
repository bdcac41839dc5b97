#pragma once
// The border between a network and the predictors: whatever a network says, a predictor reads a probability.

namespace einet::detail {

/// `value` moved into [0, 1], NaN to 0.
[[nodiscard]] constexpr float probability(float value) noexcept {
  return value > 0.f ? (value < 1.f ? value : 1.f) : 0.f;
}

}  // namespace einet::detail

#pragma once
// A baseline that needs no fitting beyond the means: every exit to come is as sure as the newest.

#include <einet/base/assert.hpp>
#include <einet/base/floating.hpp>
#include <einet/predict/prior_predictor.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace einet {

/// Predicts the newest confidence for all exits to come, so that nothing seems worth running but what costs
/// nothing; before the first output, the means.
template <std::size_t N>
class CarryForward {
 public:
  static constexpr std::size_t size = N;
  static constexpr std::size_t inputs = 1;

  /// @param means [N] mean confidence (or accuracy) of every exit, probabilities
  /// @throws std::invalid_argument as PriorPredictor
  explicit constexpr CarryForward(const std::array<float, N>& means) : prior_(means) { reset(); }

  constexpr void reset() noexcept { confidences_ = prior_.confidences(); }

  /// @pre exit < N
  constexpr void observe(std::size_t exit, std::span<const float, 1> confidence) noexcept {
    EINET_ASSERT(exit < N);
    std::fill(confidences_.begin() + static_cast<std::ptrdiff_t>(exit), confidences_.end(),
              as_probability(confidence[0]));
  }

  [[nodiscard]] constexpr const std::array<float, N>& confidences() const noexcept { return confidences_; }

 private:
  PriorPredictor<N> prior_;  ///< never observes: it holds the means
  std::array<float, N> confidences_;
};

}  // namespace einet

#pragma once
// The simplest predictor: whatever the outputs so far, it expects the average of every exit to come.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>

#include <array>
#include <cstddef>
#include <span>

namespace einet {

/// Predicts the mean of every exit to come.
template <std::size_t N>
class PriorPredictor {
 public:
  static constexpr std::size_t exits = N;
  static constexpr std::size_t inputs = 1;

  /// @param means [N] mean confidence (or accuracy) of every exit, probabilities
  /// @throws std::invalid_argument naming the exit whose mean is not in [0, 1]
  explicit constexpr PriorPredictor(const std::array<float, N>& means) : means_(means), confidences_(means) {
    for (std::size_t k = 0; k < N; ++k)
      detail::expect(is_probability(means[k]), "PriorPredictor", {"means", k}, means[k],
                     "a probability in [0, 1]");
  }

  constexpr void reset() noexcept { confidences_ = means_; }

  /// @param confidence clamped to [0, 1], NaN to 0
  /// @pre exit < N
  constexpr void observe(std::size_t exit, std::span<const float, 1> confidence) noexcept {
    EINET_ASSERT(exit < N);
    confidences_[exit] = as_probability(confidence[0]);
  }

  [[nodiscard]] constexpr const std::array<float, N>& confidences() const noexcept { return confidences_; }

 private:
  std::array<float, N> means_;
  std::array<float, N> confidences_;
};

}  // namespace einet

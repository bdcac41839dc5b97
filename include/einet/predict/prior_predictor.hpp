#pragma once
// The simplest predictor: whatever the outputs so far, it expects the average of every exit to come.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/exits.hpp>

#include <array>
#include <cstddef>
#include <span>

namespace einet {

/// Predicts the mean of every exit to come.
template <std::size_t N>
class PriorPredictor : public ExitCount<N> {
 public:
  static constexpr std::size_t exits = N;
  static constexpr std::size_t inputs = 1;

  /// @param means [N] mean confidence (or accuracy) of every exit, probabilities
  /// @throws std::invalid_argument naming the exit whose mean is not in [0, 1]
  explicit constexpr PriorPredictor(const std::array<float, most_exits<N>>& means) requires(
      !run_time_exits<N>)
      : means_(means), confidences_(means) {
    check();
  }

  /// The same for means in an array with room for more exits.
  /// @param counted how many, if that is known only at run time
  constexpr PriorPredictor(const std::array<float, most_exits<N>>& means, ExitCount<N> counted)
      : ExitCount<N>(counted), means_(means), confidences_(means) {
    check();
  }

  /// For as many exits as there are means, where the number is known only at run time.
  /// @throws std::invalid_argument as above, or if there are none, or more than there is room for
  explicit constexpr PriorPredictor(std::span<const float> means) requires(run_time_exits<N>)
      : ExitCount<N>(means.size()) {
    for (std::size_t k = 0; k < means.size(); ++k) confidences_[k] = means_[k] = means[k];
    check();
  }

  constexpr void reset() noexcept { confidences_ = means_; }

  /// @param confidence clamped to [0, 1], NaN to 0
  /// @pre exit < exit_count()
  constexpr void observe(std::size_t exit, std::span<const float, 1> confidence) noexcept {
    EINET_ASSERT(exit < this->exit_count());
    confidences_[exit] = as_probability(confidence[0]);
  }

  [[nodiscard]] constexpr const std::array<float, most_exits<N>>& confidences() const noexcept {
    return confidences_;
  }

 private:
  constexpr void check() const {
    for (std::size_t k = 0; k < this->exit_count(); ++k)
      detail::expect(is_probability(means_[k]), "PriorPredictor", {"means", k}, means_[k],
                     "a probability in [0, 1]");
  }

  std::array<float, most_exits<N>> means_{};
  std::array<float, most_exits<N>> confidences_{};
};

}  // namespace einet

#pragma once
// Whether planning anew is worth its time: after some exits a new plan hardly ever beats the one there is,
// and while the planner thinks the network stands still.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace einet {

/// Plans anew after every output, whatever it costs.
struct UnlimitedBudget {};

/// Learns, exit by exit, how much worth a new plan has added to the one there was, and how long planning
/// takes; planning that adds less than it costs is skipped, save for a look now and then whether that still
/// holds. Nothing allocates or throws once it is made.
template <std::size_t N>
class PlanningBudget {
 public:
  /// @param threshold plan where the gain exceeds the price so many times, finite and >= 0
  /// @throws std::invalid_argument naming it otherwise
  explicit PlanningBudget(double threshold = 1) : threshold_(threshold) {
    detail::expect(is_finite(threshold) && threshold >= 0, "PlanningBudget", "threshold", threshold,
                   "finite and >= 0");
  }

  /// Whether to plan after `exit`.
  /// @param price worth that is lost if all that is still planned comes later by `seconds()`
  [[nodiscard]] bool affords(std::size_t exit, double price) noexcept {
    EINET_ASSERT(exit < N);
    if (seen_[exit] < trials || gain_[exit] > threshold_ * price || ++skipped_[exit] >= patience) {
      skipped_[exit] = 0;
      return true;
    }
    return false;
  }

  /// A new plan after `exit` was expected to be worth `gain` more than the one there was.
  void learn(std::size_t exit, double gain) noexcept {
    EINET_ASSERT(exit < N);
    seen_[exit] += seen_[exit] < memory ? 1U : 0U;
    gain_[exit] += (gain - gain_[exit]) / seen_[exit];
  }

  /// A planning took so many seconds. Hiccups of the machine are none of the planner's.
  void spent(double seconds) noexcept {
    if (!(seconds >= 0 && is_finite(seconds))) return;
    if (timed_ > 0 && seconds > hiccup * seconds_) seconds = hiccup * seconds_;
    timed_ += timed_ < memory ? 1U : 0U;
    seconds_ += (seconds - seconds_) / timed_;
  }

  /// What planning takes, on average over the last ones.
  [[nodiscard]] double seconds() const noexcept { return seconds_; }

 private:
  static constexpr std::uint32_t trials = 8;     // before a verdict on an exit
  static constexpr std::uint32_t patience = 32;  // skipped plannings between two looks
  static constexpr std::uint32_t memory = 64;    // of the means
  static constexpr double hiccup = 4;            // times the mean

  double threshold_;
  double seconds_ = 0;
  std::uint32_t timed_ = 0;
  std::array<double, N> gain_{};
  std::array<std::uint32_t, N> seen_{};
  std::array<std::uint32_t, N> skipped_{};
};

}  // namespace einet

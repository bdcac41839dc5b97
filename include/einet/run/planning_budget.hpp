#pragma once
// Whether planning anew is worth its time: the network waits while the planner plans, and after some exits a
// new plan hardly ever beats the current one.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/problem.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace einet {

/// Learns for each exit how much worth a new plan adds to the current one, and how long planning takes. Skips
/// planning where it costs more than it adds, except for an occasional check that this still holds. After
/// construction it neither allocates nor throws.
template <std::size_t N>
class PlanningBudget {
 public:
  /// @param threshold plans where the gain exceeds `threshold` times the cost; finite and >= 0
  /// @throws std::invalid_argument naming it otherwise
  explicit PlanningBudget(double threshold = 1) : threshold_(threshold) {
    detail::expect(is_finite(threshold) && threshold >= 0, "PlanningBudget", "threshold", threshold,
                   "a finite factor >= 0");
  }

  /// The worth that planning costs: what `plan` loses if all its outputs come later by `seconds()`, and the
  /// price of these seconds. Where the stop comes before the delay is over, the answer in hand is what
  /// remains.
  template <stop_law Law>
  [[nodiscard]] double cost(const Problem<N>& problem, const ExitPlan<N>& plan,
                            const Law& law) const noexcept {
    Problem<N> now = problem;
    now.price = 0;
    Problem<N> later = now;
    later.elapsed += seconds_;
    // E[worth; no stop by at.elapsed] = E[worth | no stop by then] · P(no stop by then)
    const auto by_law = [&](const Problem<N>& at) {
      return expectation(at, plan, law) * (1 - law.cdf(at.elapsed));
    };
    const double lost =
        by_law(now) - by_law(later) - now.in_hand * (law.cdf(later.elapsed) - law.cdf(now.elapsed));
    const double survival = 1 - law.cdf(now.elapsed);
    return (survival > 0 ? lost / survival : 0) + problem.price * seconds_;
  }

  /// Whether to plan after `exit`.
  /// @param cost as above
  [[nodiscard]] bool affords(std::size_t exit, double cost) noexcept {
    EINET_ASSERT(exit < most_exits<N>);
    if (seen_[exit] < trials || gain_[exit] > threshold_ * cost || ++skipped_[exit] >= patience) {
      skipped_[exit] = 0;
      return true;
    }
    return false;
  }

  /// Tells that the new plan after `exit` is worth `gain` more than the one before.
  void learn(std::size_t exit, double gain) noexcept {
    EINET_ASSERT(exit < most_exits<N>);
    seen_[exit] += seen_[exit] < memory ? 1U : 0U;
    gain_[exit] += (gain - gain_[exit]) / seen_[exit];
  }

  /// Tells how many seconds one planning took. Outliers, such as preemptions, are cut.
  void spent(double seconds) noexcept {
    if (!(seconds >= 0 && is_finite(seconds))) return;
    if (timed_ > 0 && seconds > hiccup * seconds_) seconds = hiccup * seconds_;
    timed_ += timed_ < memory ? 1U : 0U;
    seconds_ += (seconds - seconds_) / timed_;
  }

  /// Seconds that planning takes, averaged over the last times.
  [[nodiscard]] double seconds() const noexcept { return seconds_; }

 private:
  static constexpr std::uint32_t trials = 8;     // plannings before an exit is judged
  static constexpr std::uint32_t patience = 32;  // times that planning is skipped between two checks
  static constexpr std::uint32_t memory = 64;    // plannings that the means reach back
  static constexpr double hiccup = 4;            // multiple of the mean at which outliers are cut

  double threshold_;
  double seconds_ = 0;
  std::uint32_t timed_ = 0;
  std::array<double, most_exits<N>> gain_{};
  std::array<std::uint32_t, most_exits<N>> seen_{};
  std::array<std::uint32_t, most_exits<N>> skipped_{};
};

}  // namespace einet

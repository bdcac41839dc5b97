#pragma once
// A budget of device time, kept by the price of it: after every sample the price moves so that the mean time
// that the device is busy comes to the budget.
//
// The level of the price is proportional to the price's root while time is cheap, and to its logarithm where
// it is dear: in the root, busy time falls about evenly from price 0 on, on measured networks mostly by 1
// to 15 budgets per unit, whatever the budget; in the logarithm, a network whose first exit takes most of the
// time finds the high price that it needs. The level is a centre plus a gain times the debt, what all samples
// together took beyond the budget; the centre follows the debt, too, but slowly (proportional-integral
// control). As the level goes by the sum, not by the last sample, the debt that holds it where it must be is
// all that the mean can be wrong by, in whatever order the samples come. The gain falls while samples come
// in, because the same debt weighs less in a longer mean, and because a price that moves about costs accuracy
// (half its variance times the slope of busy time over the price).

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/base/seconds.hpp>
#include <einet/plan/time_profile.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace einet {

/// How a TimeBudget compares with what the network can take.
enum class BudgetFit {
  met,     ///< the price decides how long a sample takes
  ample,   ///< more than the network uses: the price is 0, and busy time is below the budget
  scarce,  ///< less than the first exit takes: the price is the highest, and busy time is above the budget
};

/// The name of a fit, for messages.
[[nodiscard]] constexpr const char* to_string(BudgetFit fit) noexcept {
  switch (fit) {
    case BudgetFit::met:
      return "met";
    case BudgetFit::ample:
      return "ample";
    case BudgetFit::scarce:
      return "scarce";
  }
  return "unknown";
}

/// All that a TimeBudget knows, to be saved and restored.
struct TimeBudgetState {
  double per_sample = 0;      ///< the budget, seconds
  double centre = .17;        ///< of the level, 0 to 1.8
  double debt = 0;            ///< what the samples took beyond the budget, in budgets, -1000 to 100
  std::uint64_t samples = 0;  ///< how many were observed
  std::uint64_t refused = 0;  ///< how many were not, because their seconds were negative or not finite

  friend bool operator==(const TimeBudgetState&, const TimeBudgetState&) = default;
};

/// Adapts the price of a second of device time to a budget per sample:
/// `runner.set_price(budget.price()); budget.observe(runner.run(features, stop).busy());`. The mean over all
/// samples comes to the budget, also if they get harder or the device slower. It is lower only where the last
/// samples cannot use what is left at price 0, as nothing is spent before it is there. Time not used is kept
/// for later samples, up to 1000 budgets of it; of more time than the budget at most 100 budgets are made up
/// for, so that a spell in which even the first exit took too long is forgotten. Neither allocates nor throws
/// nor locks once it is made. For one thread at a time.
class TimeBudget {
 public:
  /// `TimeBudget{5ms}`
  /// @throws std::invalid_argument unless it is finite and at least 1e-300 seconds
  explicit TimeBudget(Seconds per_sample) : TimeBudget(TimeBudgetState{.per_sample = per_sample.count}) {}

  /// A share of what the whole network takes: `TimeBudget::of_total(times, .3)`.
  /// @throws std::invalid_argument naming the share, or as `validate(times)`
  template <std::size_t N>
  [[nodiscard]] static TimeBudget of_total(const TimeProfile<N>& times, double share) {
    validate(times);
    require(is_finite(share) && share > 0, "share", share, "a finite share of the total > 0");
    return TimeBudget{Seconds{share * times.total()}};
  }

  /// Continues the budget that `state` was taken from, equal to the last bit.
  /// @throws std::invalid_argument naming a field whose value no budget can have
  explicit TimeBudget(const TimeBudgetState& state) : state_(state) {
    require(is_finite(state.per_sample) && state.per_sample >= 1e-300, "per_sample", state.per_sample,
            "finite seconds >= 1e-300");
    require(is_finite(state.centre) && state.centre >= 0 && state.centre <= highest, "centre", state.centre,
            "a level of 0 to 1.8");
    require(is_finite(state.debt) && state.debt >= -most_kept && state.debt <= most_owed, "debt", state.debt,
            "-1000 to 100 budgets");
  }

  /// What a second of the next sample costs, in worth: for Planner::set_price.
  [[nodiscard]] double price() const noexcept {
    const double root = std::sinh(2 * level()) / 2;
    return root * root / state_.per_sample;
  }

  /// Takes the seconds that a sample kept the device busy, as RunResult::busy says, also if a stop cut it
  /// short. One sample counts as 41 budgets at most, so that a suspended device does not stop all others.
  /// Values that are negative or not finite only count in refused().
  void observe(double busy) noexcept {
    if (!(is_finite(busy) && busy >= 0)) {
      ++state_.refused;
      return;
    }
    ++state_.samples;
    const double beyond = (std::min)(busy / state_.per_sample - 1, most_beyond);
    state_.debt = std::clamp(state_.debt + beyond, -most_kept, most_owed);
    // While time is kept at price 0 the centre stays: once it is used up, the price is wanted as it was
    // before.
    if (unlimited_level() > 0)
      state_.centre = std::clamp(state_.centre + gain() / patience * state_.debt, 0., highest);
  }

  /// Whether the budget is within what the network can take. It is called ample or scarce once that has cost
  /// 30 budgets.
  [[nodiscard]] BudgetFit fit() const noexcept {
    if (level() == 0 && state_.debt <= -telling) return BudgetFit::ample;
    if (level() == highest && state_.debt >= telling) return BudgetFit::scarce;
    return BudgetFit::met;
  }

  /// In seconds.
  [[nodiscard]] double per_sample() const noexcept { return state_.per_sample; }

  /// How many samples were refused, because their seconds were negative or not finite.
  [[nodiscard]] std::uint64_t refused() const noexcept { return state_.refused; }

  [[nodiscard]] const TimeBudgetState& state() const noexcept { return state_; }

 private:
  // A price of 84 / budget: all that the exits after the first can add, less than 1, pays for 1.2 % of the
  // budget.
  static constexpr double highest = 1.8;
  static constexpr double first_gain = .02, last_gain = .005;  // level per budget of debt
  static constexpr double settled = 1000;                      // samples from which on the gain falls
  static constexpr double patience = 100;  // samples in which the centre takes over a debt
  static constexpr double most_kept = 1000, most_owed = 100, most_beyond = 40, telling = 30;  // budgets

  [[nodiscard]] double gain() const noexcept {
    const auto samples = static_cast<double>(state_.samples);
    return samples <= settled ? first_gain : (std::max)(first_gain * settled / samples, last_gain);
  }

  [[nodiscard]] double unlimited_level() const noexcept { return state_.centre + gain() * state_.debt; }
  [[nodiscard]] double level() const noexcept { return std::clamp(unlimited_level(), 0., highest); }

  template <class T>
  static void require(bool sound, const char* field, T value, const char* wanted) {
    detail::expect(sound, "TimeBudget", field, value, wanted);
  }

  TimeBudgetState state_;
};

}  // namespace einet

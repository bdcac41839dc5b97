#pragma once
// Time as a policy: the same runner runs live on a steady clock, and over a profile on a virtual one.

#include <einet/base/assert.hpp>

#include <chrono>
#include <concepts>
#include <type_traits>
#include <utility>

namespace einet {

/// `now()` gives seconds since an arbitrary moment and never decreases. A clock may also have
/// `charge_planning() noexcept`, which the runner calls after every planning: on a virtual clock planning
/// takes no time, and this adds what it takes in reality.
// clang-format off
template <class C>
concept run_clock = std::copyable<C> && requires(const C& time) {
  { time.now() } noexcept -> std::convertible_to<double>;
};
// clang-format on

/// std::chrono::steady_clock.
struct SteadyClock {
  [[nodiscard]] static double now() noexcept {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
};

/// A function that returns the seconds since it was made or restarted: `const Stopwatch elapsed;`, then
/// `elapsed()`.
template <run_clock Clock = SteadyClock>
class Stopwatch {
 public:
  explicit Stopwatch(Clock clock = {}) noexcept : clock_(std::move(clock)), start_(clock_.now()) {}

  [[nodiscard]] double operator()() const noexcept { return clock_.now() - start_; }
  void restart() noexcept { start_ = clock_.now(); }

 private:
  [[no_unique_address]] Clock clock_;
  double start_;
};

/// A function that returns the seconds since a planner was reset: a Stopwatch, or a lambda.
template <class F>
concept seconds_since_reset = !std::is_arithmetic_v<F> && requires(const F& elapsed) {
  { elapsed() } -> std::convertible_to<double>;
};

/// The time that virtual clocks show; simulated work advances it.
class VirtualTime {
 public:
  /// @pre seconds >= 0
  constexpr void advance(double seconds) noexcept {
    EINET_ASSERT(seconds >= 0);
    seconds_ += seconds;
  }
  /// Waits until `moment`, unless that is over.
  constexpr void wait_until(double moment) noexcept { seconds_ = seconds_ < moment ? moment : seconds_; }
  constexpr void reset() noexcept { seconds_ = 0; }
  [[nodiscard]] constexpr double seconds() const noexcept { return seconds_; }

 private:
  double seconds_ = 0;
};

/// Shows a VirtualTime, which must outlive it, and charges a fixed time for every planning.
class VirtualClock {
 public:
  /// @param planning seconds that one planning takes, >= 0
  explicit constexpr VirtualClock(VirtualTime& time, double planning = 0) noexcept
      : time_(&time), planning_(planning) {}

  [[nodiscard]] constexpr double now() const noexcept { return time_->seconds(); }
  constexpr void charge_planning() const noexcept { time_->advance(planning_); }

 private:
  VirtualTime* time_;
  double planning_;
};

}  // namespace einet

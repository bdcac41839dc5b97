#pragma once
// Where a run has got to in its time profile, and how fast it goes.

#include <einet/base/floating.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/run/pace.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace einet {

/// A function that tells the seconds since a planner was reset: a Stopwatch, or a lambda.
// clang-format off
template <class F>
concept seconds_since_reset = !std::is_arithmetic_v<F> && requires(const F& elapsed) {
  { elapsed() } -> std::convertible_to<double>;
};
// clang-format on

namespace detail {

/// Compares what parts took with what the profile gives them; pauses between them count for neither.
template <std::size_t N>
class Progress {
 public:
  explicit Progress(double total) noexcept : pace_(memory * total) {}

  void reset() noexcept {
    passed_ = 0;
    mark_ = 0;
    pace_.reset();
  }

  /// The run has come to the end of conv part `part` and, `branch` seconds of the profile later, to
  /// `elapsed`.
  void move_on(const TimeProfile<N>& times, std::size_t part, double branch, double elapsed) noexcept {
    double profiled = branch;
    for (; passed_ <= part; ++passed_) profiled += times.conv[passed_];
    if (!is_finite(elapsed)) return;
    pace_.observe(profiled, elapsed - mark_);
    pause_until(elapsed);
  }

  /// The next part begins no earlier than at `elapsed`.
  void pause_until(double elapsed) noexcept {
    if (elapsed > mark_ && is_finite(elapsed)) mark_ = elapsed;
  }
  /// The same, `seconds` later than was thought.
  void pause(double seconds) noexcept { mark_ += seconds; }

  /// Conv parts that have been run.
  [[nodiscard]] std::size_t passed() const noexcept { return passed_; }

  /// Measured seconds for every second of the profile.
  [[nodiscard]] double pace() const noexcept { return pace_.factor(); }

 private:
  static constexpr double memory = 0.05;  // of the profile's total

  Pace pace_;
  std::size_t passed_ = 0;
  double mark_ = 0;  // when they were done, or the pause after them
};

}  // namespace detail

}  // namespace einet

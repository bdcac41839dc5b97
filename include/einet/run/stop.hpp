#pragma once
// What may interrupt a run: anything shaped like std::stop_token. With `never_stop`, polling vanishes.

#include <concepts>

namespace einet {

/// A request to stop that can be polled from the running thread. Once it answers true it stays true.
// clang-format off
template <class S>
concept stop_signal = std::copyable<S> && requires(const S& stop) {
  { stop.stop_requested() } noexcept -> std::same_as<bool>;
};
// clang-format on

/// Never asks to stop.
struct never_stop {
  [[nodiscard]] static constexpr bool stop_requested() noexcept { return false; }
};

/// Asks to stop once `clock` has passed a moment; what is ready at that very moment still counts.
template <class Clock>
class StopAfter {
 public:
  /// @param moment in the clock's own seconds
  constexpr StopAfter(Clock clock, double moment) noexcept : clock_(clock), moment_(moment) {}

  [[nodiscard]] constexpr bool stop_requested() const noexcept { return clock_.now() > moment_; }

 private:
  Clock clock_;
  double moment_;
};

}  // namespace einet

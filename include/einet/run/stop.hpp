#pragma once
// What may interrupt a run: anything shaped like std::stop_token, a deadline, several of them at once, or
// nothing. With `never_stop`, polling vanishes. Who must be told instead of polling: run/stop_callback.hpp.

#include <einet/run/clock.hpp>

#include <chrono>
#include <concepts>
#include <optional>
#include <tuple>
#include <utility>

namespace einet {

/// A request to stop that can be polled from the running thread. Once it answers true it stays true.
// clang-format off
template <class S>
concept pollable_stop = std::copyable<S> && requires(const S& stop) {
  { stop.stop_requested() } noexcept -> std::same_as<bool>;
};

/// A stop whose type alone says that it never asks: code that polls may leave polling out.
template <class S>
concept unstoppable = pollable_stop<S> && requires { requires !S::stop_possible(); };
// clang-format on

/// Never asks to stop.
struct never_stop {
  [[nodiscard]] static constexpr bool stop_requested() noexcept { return false; }
  [[nodiscard]] static constexpr bool stop_possible() noexcept { return false; }
};

/// Why a stop asks.
enum class StopReason {
  request,   ///< somebody asked
  deadline,  ///< time is up
};

/// What `stop` gives as its `reason()`; a request if it gives none.
/// @pre stop.stop_requested()
template <pollable_stop Stop>
[[nodiscard]] constexpr StopReason stop_reason([[maybe_unused]] const Stop& stop) noexcept {
  // clang-format off
  if constexpr (requires { { stop.reason() } noexcept -> std::same_as<StopReason>; })
    return stop.reason();
  else
    return StopReason::request;
  // clang-format on
}

/// Seconds since `stop` asked first, where it gives them as its `age()`, a number or an optional one.
/// @pre stop.stop_requested()
template <pollable_stop Stop>
[[nodiscard]] constexpr std::optional<double> stop_age([[maybe_unused]] const Stop& stop) noexcept {
  // clang-format off
  if constexpr (requires { { stop.age() } noexcept -> std::convertible_to<std::optional<double>>; })
    return stop.age();
  else
    return std::nullopt;
  // clang-format on
}

/// Asks to stop once `clock` has passed a moment; what is ready at that very moment still counts.
template <class Clock>
class StopAfter {
 public:
  /// @param moment in the clock's own seconds
  constexpr StopAfter(Clock clock, double moment) noexcept : clock_(clock), moment_(moment) {}

  [[nodiscard]] constexpr bool stop_requested() const noexcept { return clock_.now() > moment_; }
  [[nodiscard]] static constexpr StopReason reason() noexcept { return StopReason::deadline; }
  [[nodiscard]] constexpr double age() const noexcept { return clock_.now() - moment_; }

 private:
  [[no_unique_address]] Clock clock_;
  double moment_;
};

/// Asks to stop when `wait` has passed from now: `stop_in(20ms)`.
[[nodiscard]] inline StopAfter<SteadyClock> stop_in(std::chrono::duration<double> wait) noexcept {
  return {SteadyClock{}, SteadyClock::now() + wait.count()};
}

/// Asks to stop at a moment of a clock, which may be the system's: where that is set meanwhile, the moment
/// stays as far off as it was.
template <class Clock, class Duration>
[[nodiscard]] StopAfter<SteadyClock> stop_at(std::chrono::time_point<Clock, Duration> moment) noexcept {
  return stop_in(moment - Clock::now());
}

/// Asks to stop as soon as one of several does.
template <pollable_stop... Stops>
class AnyStop {
  static_assert(sizeof...(Stops) > 0, "AnyStop<Stops...>: there must be a stop to poll");

 public:
  explicit constexpr AnyStop(Stops... stops) noexcept : stops_(std::move(stops)...) {}

  [[nodiscard]] constexpr bool stop_requested() const noexcept {
    return std::apply([](const Stops&... stop) { return (stop.stop_requested() || ...); }, stops_);
  }

  /// That of the stop that asks; of the earlier one in the list where several do, as none can tell which of
  /// them asked first between two polls.
  /// @pre stop_requested()
  [[nodiscard]] constexpr StopReason reason() const noexcept {
    StopReason reason = StopReason::request;
    const auto found = [&](const auto& stop) {
      if (!stop.stop_requested()) return false;
      reason = stop_reason(stop);
      return true;
    };
    std::apply([&](const Stops&... stop) { static_cast<void>((found(stop) || ...)); }, stops_);
    return reason;
  }

  [[nodiscard]] constexpr const std::tuple<Stops...>& all() const noexcept { return stops_; }

  /// That of the stop that asked first, if all that ask know when.
  /// @pre stop_requested()
  [[nodiscard]] constexpr std::optional<double> age() const noexcept {
    std::optional<double> oldest;
    bool known = true;
    const auto look = [&](const auto& stop) {
      if (!stop.stop_requested()) return;
      const std::optional<double> age = stop_age(stop);
      known = known && age;
      if (age && (!oldest || *age > *oldest)) oldest = age;
    };
    std::apply([&](const Stops&... stop) { (look(stop), ...); }, stops_);
    return known ? oldest : std::nullopt;
  }

 private:
  std::tuple<Stops...> stops_;
};

}  // namespace einet

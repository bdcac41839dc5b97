#pragma once
// What may stop a run: anything with the interface of std::stop_token, a deadline, several of them, or
// nothing. With `never_stop`, polling compiles to nothing. For a call instead of polling, see
// run/stop_callback.hpp.

#include <einet/run/clock.hpp>

#include <chrono>
#include <concepts>
#include <optional>
#include <tuple>
#include <utility>

namespace einet {

/// A stop that can be polled from the running thread. Once it is requested, it stays so.
// clang-format off
template <class S>
concept pollable_stop = std::copyable<S> && requires(const S& stop) {
  { stop.stop_requested() } noexcept -> std::same_as<bool>;
};

/// A stop that, by its type, never comes, so that code need not poll it.
template <class S>
concept unstoppable = pollable_stop<S> && requires { requires !S::stop_possible(); };
// clang-format on

/// The stop that never comes.
struct never_stop {
  [[nodiscard]] static constexpr bool stop_requested() noexcept { return false; }
  [[nodiscard]] static constexpr bool stop_possible() noexcept { return false; }
};

/// What a stop is due to.
enum class StopReason {
  request,   ///< it was requested
  deadline,  ///< the deadline passed
};

// clang-format off
/// `stop.reason()` if it has one, else StopReason::request.
/// @pre stop.stop_requested()
template <pollable_stop Stop>
[[nodiscard]] constexpr StopReason stop_reason([[maybe_unused]] const Stop& stop) noexcept {
  if constexpr (requires { { stop.reason() } noexcept -> std::same_as<StopReason>; })
    return stop.reason();
  else
    return StopReason::request;
}

/// Seconds since `stop` came, if it has an `age()` that returns a number or an optional one.
/// @pre stop.stop_requested()
template <pollable_stop Stop>
[[nodiscard]] constexpr std::optional<double> stop_age([[maybe_unused]] const Stop& stop) noexcept {
  if constexpr (requires { { stop.age() } noexcept -> std::convertible_to<std::optional<double>>; })
    return stop.age();
  else
    return std::nullopt;
}
// clang-format on

/// Stops once `clock` has passed a moment; an output ready at that very moment still counts.
template <class Clock>
class StopAfter {
 public:
  /// @param moment in the clock's own seconds
  constexpr StopAfter(Clock clock, double moment) noexcept : clock_(clock), moment_(moment) {}

  [[nodiscard]] constexpr bool stop_requested() const noexcept { return clock_.now() > moment_; }
  [[nodiscard]] static constexpr StopReason reason() noexcept { return StopReason::deadline; }
  [[nodiscard]] constexpr double age() const noexcept { return clock_.now() - moment_; }

 private:
  Clock clock_;  // with [[no_unique_address]], g++ has a page to say about its ABI on 64-bit ARM
  double moment_;
};

/// Stops after `wait`, counted from now: `stop_in(20ms)`.
[[nodiscard]] inline StopAfter<SteadyClock> stop_in(std::chrono::duration<double> wait) noexcept {
  return {SteadyClock{}, SteadyClock::now() + wait.count()};
}

/// Stops at a moment of any clock. If the system's clock is set in the meantime, that does not move the stop.
template <class Clock, class Duration>
[[nodiscard]] StopAfter<SteadyClock> stop_at(std::chrono::time_point<Clock, Duration> moment) noexcept {
  return stop_in(moment - Clock::now());
}

/// Stops as soon as one of several stops comes.
template <pollable_stop... Stops>
class AnyStop {
  static_assert(sizeof...(Stops) > 0, "AnyStop<Stops...>: there must be a stop to poll");

 public:
  explicit constexpr AnyStop(Stops... stops) noexcept : stops_(std::move(stops)...) {}

  [[nodiscard]] constexpr bool stop_requested() const noexcept {
    return std::apply([](const Stops&... stop) { return (stop.stop_requested() || ...); }, stops_);
  }

  /// The reason of the stop that has come; if several have, of the first in the list, because which of them
  /// came first between two polls is unknown.
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

  /// The age of the stop that came first, if all that have come know theirs.
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

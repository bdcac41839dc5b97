#pragma once
// Seconds, which callers write as a number or as a std::chrono::duration.

#include <chrono>

namespace einet {

/// Seconds, from a number or a std::chrono::duration.
struct Seconds {
  // NOLINTBEGIN(google-explicit-constructor): callers write seconds in either form
  constexpr Seconds(double seconds) noexcept : count(seconds) {}
  template <class Rep, class Period>
  constexpr Seconds(std::chrono::duration<Rep, Period> duration) noexcept
      : count(std::chrono::duration<double>(duration).count()) {}
  // NOLINTEND(google-explicit-constructor)

  double count;
};

}  // namespace einet

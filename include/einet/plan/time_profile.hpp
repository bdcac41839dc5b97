#pragma once
// The time profile (ET-profile) of a multi-exit network on one platform: paper, section IV-B1.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>

#include <array>
#include <cstddef>

namespace einet {

/// Seconds that every conv part and branch takes on this platform; index 0 is the first block.
template <std::size_t N>
struct TimeProfile {
  static_assert(N >= 1, "TimeProfile<N>: a network has at least one exit");
  static constexpr std::size_t size = N;

  std::array<double, N> conv{};    ///< [N] seconds of conv part k
  std::array<double, N> branch{};  ///< [N] seconds of branch k

  /// T: seconds of all conv parts and all branches, added in the order in which a full run meets them, so
  /// that a plan of all exits ends at T to the last bit.
  [[nodiscard]] constexpr double total() const noexcept {
    double sum = 0;
    for (std::size_t k = 0; k < N; ++k) {
      sum += conv[k];
      sum += branch[k];
    }
    return sum;
  }

  friend constexpr bool operator==(const TimeProfile&, const TimeProfile&) = default;
};

namespace detail {

inline void validate_seconds(const char* field, std::size_t index, double seconds) {
  expect(is_finite(seconds) && seconds >= 0, "time profile", {field, index}, seconds, "finite seconds >= 0");
}

}  // namespace detail

/// Refuses a profile that no plan can be made for: every time must be finite and >= 0, their sum > 0.
/// @throws std::invalid_argument naming the field, the index and the value
template <std::size_t N>
void validate(const TimeProfile<N>& times) {
  for (std::size_t k = 0; k < N; ++k) detail::validate_seconds("conv", k, times.conv[k]);
  for (std::size_t k = 0; k < N; ++k) detail::validate_seconds("branch", k, times.branch[k]);
  const double total = times.total();
  detail::expect(is_finite(total) && total > 0, "time profile", "total", total, "a finite sum > 0");
}

}  // namespace einet

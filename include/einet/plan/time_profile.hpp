#pragma once
// The time profile (ET-profile) of a multi-exit network on one platform: paper, section IV-B1.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/base/seconds.hpp>

#include <array>
#include <concepts>
#include <cstddef>

namespace einet {

/// Seconds of every conv part and branch on one platform; index 0 is the first block.
template <std::size_t N>
struct TimeProfile {
  static_assert(N >= 1, "TimeProfile<N>: a network has at least one exit");
  static constexpr std::size_t exits = N;

  /// All zeros, to be filled in.
  constexpr TimeProfile() noexcept = default;

  /// `TimeProfile<2>{{1ms, 2ms}, {.0002, .0003}}`: exactly as many conv parts and branches as exits.
  template <std::size_t ConvParts, std::size_t Branches>
  constexpr TimeProfile(const Seconds (&conv_parts)[ConvParts],
                        const Seconds (&branches)[Branches]) noexcept {
    static_assert(ConvParts == N && Branches == N,
                  "TimeProfile<N>: there must be N conv parts and N branches, one of each for every exit");
    for (std::size_t k = 0; k < N; ++k) {
      conv[k] = conv_parts[k].count;
      branch[k] = branches[k].count;
    }
  }

  /// A template, so that a short list in braces is never taken for an array and padded with zeros.
  template <std::same_as<std::array<double, N>> Array>
  constexpr TimeProfile(const Array& conv_parts, const Array& branches) noexcept
      : conv(conv_parts), branch(branches) {}

  std::array<double, N> conv{};    ///< [N] seconds of conv part k
  std::array<double, N> branch{};  ///< [N] seconds of branch k

  /// T: seconds of all conv parts and branches, added in the order in which a full run spends them, so that a
  /// plan of all exits ends at exactly T. With `first`, only of those from this block on.
  [[nodiscard]] constexpr double total(std::size_t first = 0) const noexcept {
    double sum = 0;
    for (std::size_t k = first; k < N; ++k) {
      sum += conv[k];
      sum += branch[k];
    }
    return sum;
  }

  friend constexpr bool operator==(const TimeProfile&, const TimeProfile&) = default;
};

template <std::size_t N>
TimeProfile(const Seconds (&)[N], const Seconds (&)[N]) -> TimeProfile<N>;
template <std::size_t N>
TimeProfile(const std::array<double, N>&, const std::array<double, N>&) -> TimeProfile<N>;

/// Refuses a profile that cannot be planned with: every time must be finite and >= 0, their sum > 0.
/// @throws std::invalid_argument naming the field, the index and the value
template <std::size_t N>
void validate(const TimeProfile<N>& times) {
  const auto expect_times = [](const char* field, const std::array<double, N>& seconds) {
    for (std::size_t k = 0; k < N; ++k)
      detail::expect(is_finite(seconds[k]) && seconds[k] >= 0, "time profile", {field, k}, seconds[k],
                     "finite seconds >= 0");
  };
  expect_times("conv", times.conv);
  expect_times("branch", times.branch);
  const double total = times.total();
  detail::expect(is_finite(total) && total > 0, "time profile", "total", total, "a finite sum > 0");
}

}  // namespace einet

#pragma once
// The time profile (ET-profile) of a multi-exit network on one platform: paper, section IV-B1.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/base/seconds.hpp>
#include <einet/plan/exits.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <span>

namespace einet {

/// Seconds of every conv part and branch on one platform; index 0 is the first block.
template <std::size_t N>
struct TimeProfile : ExitCount<N> {
  static_assert(most_exits<N> >= 1, "TimeProfile<N>: a network has at least one exit");
  static constexpr std::size_t exits = N;

  /// All zeros, to be filled in.
  constexpr TimeProfile() noexcept = default;
  /// The same for a number of exits that is known only now.
  explicit constexpr TimeProfile(ExitCount<N> counted) noexcept : ExitCount<N>(counted) {}

  /// `TimeProfile<2>{{1ms, 2ms}, {.0002, .0003}}`: exactly as many conv parts and branches as exits.
  template <std::size_t ConvParts, std::size_t Branches>
  constexpr TimeProfile(const Seconds (&conv_parts)[ConvParts],
                        const Seconds (&branches)[Branches]) noexcept {
    static_assert(run_time_exits<N> ? ConvParts == Branches && Branches <= most_exits<N>
                                    : ConvParts == N && Branches == N,
                  "TimeProfile<N>: there must be N conv parts and N branches, one of each for every exit");
    if constexpr (run_time_exits<N>) static_cast<ExitCount<N>&>(*this) = ExitCount<N>(Branches);
    for (std::size_t k = 0; k < Branches; ++k) {
      conv[k] = conv_parts[k].count;
      branch[k] = branches[k].count;
    }
  }

  /// A template, so that a short list in braces is never taken for an array and padded with zeros.
  template <std::same_as<std::array<double, N>> Array>
  constexpr TimeProfile(const Array& conv_parts, const Array& branches) noexcept
      : conv(conv_parts), branch(branches) {}

  /// For as many exits as there are conv parts, where the number is known only at run time.
  /// @throws std::invalid_argument if there are none, more than there is room for, or not as many branches
  constexpr TimeProfile(std::span<const double> conv_parts,
                        std::span<const double> branches) requires(run_time_exits<N>)
      : ExitCount<N>(conv_parts.size()) {
    if (branches.size() != conv_parts.size())
      detail::refuse("TimeProfile", "branches.size()", detail::number(branches.size()),
                     "as many as conv parts: " + detail::number(conv_parts.size()));
    for (std::size_t k = 0; k < branches.size(); ++k) {
      conv[k] = conv_parts[k];
      branch[k] = branches[k];
    }
  }

  std::array<double, most_exits<N>> conv{};    ///< [N] seconds of conv part k
  std::array<double, most_exits<N>> branch{};  ///< [N] seconds of branch k

  /// T: seconds of all conv parts and branches, added in the order in which a full run spends them, so that a
  /// plan of all exits ends at exactly T. With `first`, only of those from this block on.
  [[nodiscard]] constexpr double total(std::size_t first = 0) const noexcept {
    double sum = 0;
    for (std::size_t k = first; k < this->exit_count(); ++k) {
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
  const auto expect_times = [&](const char* field, const auto& seconds) {
    for (std::size_t k = 0; k < times.exit_count(); ++k)
      detail::expect(is_finite(seconds[k]) && seconds[k] >= 0, "time profile", {field, k}, seconds[k],
                     "finite seconds >= 0");
  };
  expect_times("conv", times.conv);
  expect_times("branch", times.branch);
  const double total = times.total();
  detail::expect(is_finite(total) && total > 0, "time profile", "total", total, "a finite sum > 0");
}

}  // namespace einet

#pragma once
// The exit-time law: when inference is forced to exit. Paper, section V-A ("irregular time distributions").

#include <concepts>

namespace einet {

/// A distribution of the moment of the forced exit: `cdf(t)` = P(exit < t), so that an output ready at the
/// very moment of the exit counts; t in seconds since the inference began. It never falls, is 0 for t <= 0
/// and at most 1; what it lacks to 1 at the end of the inference is the probability of running to the end.
// clang-format off
template <class L>
concept exit_time_law = std::copyable<L> && requires(const L& law, double seconds) {
  { law.cdf(seconds) } noexcept -> std::convertible_to<double>;
};
// clang-format on

/// `law` made ready for a network that takes `total` seconds: laws without a horizon of their own take it.
template <exit_time_law Law>
[[nodiscard]] constexpr Law over(const Law& law, double total) {
  if constexpr (requires {
                  { law.over(total) } -> std::same_as<Law>;
                })
    return law.over(total);
  else
    return law;
}

}  // namespace einet

#pragma once
// The stop-time law: when inference is stopped. Paper, section V-A ("irregular time distributions").

#include <concepts>

namespace einet {

/// A distribution of the moment of the stop: `cdf(t)` = P(stop < t), t in seconds since the inference began.
/// An output that is ready at the very moment of the stop counts. `cdf` never decreases, is 0 for t <= 0 and
/// at most 1; if it is below 1 at the end of the inference, the rest is the probability that no stop comes.
/// A law may have an `over(total)`: itself, with `total` seconds as its horizon unless it has one.
/// All laws here are made of Seconds (`PointMass{.02}`, `Uniform{20ms}`); a law given by its shape alone, in
/// shares of a horizon that `over` supplies, is made by a function of that name, `of_horizon`. Uniform{} is
/// uniform over that horizon.
// clang-format off
template <class L>
concept stop_law = std::copyable<L> && requires(const L& law, double seconds) {
  { law.cdf(seconds) } noexcept -> std::convertible_to<double>;
};

/// `law` for a network that takes `total` seconds: a law without a horizon of its own takes that.
/// @throws what the law's own `over` throws
template <stop_law Law>
[[nodiscard]] constexpr Law over(const Law& law, double total) {
  if constexpr (requires { { law.over(total) } -> std::same_as<Law>; })
    return law.over(total);
  else
    return law;
}
// clang-format on

}  // namespace einet

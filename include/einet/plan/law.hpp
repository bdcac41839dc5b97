#pragma once
// The exit-time law: when inference is forced to exit. Paper, section V-A ("irregular time distributions").

#include <einet/base/assert.hpp>

#include <cmath>
#include <concepts>
#include <stdexcept>
#include <string>

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

/// Every moment of [0, horizon) is equally likely: the law of the paper's evaluation.
class Uniform {
 public:
  /// The horizon is that of the time profile it meets (`over`).
  constexpr Uniform() noexcept = default;

  /// @param horizon T in seconds
  /// @throws std::invalid_argument if T is not finite and > 0
  explicit constexpr Uniform(double horizon) : horizon_(horizon) {
    if (!(horizon > 0 && horizon < HUGE_VAL))
      throw std::invalid_argument("Uniform: the horizon is " + std::to_string(horizon) +
                                  " s, expected finite seconds > 0");
  }

  /// This law with `total` as its horizon, unless it was given one.
  [[nodiscard]] constexpr Uniform over(double total) const { return horizon_ > 0 ? *this : Uniform{total}; }

  /// T in seconds; 0 until it is known.
  [[nodiscard]] constexpr double horizon() const noexcept { return horizon_; }

  /// @pre the horizon is known
  [[nodiscard]] constexpr double cdf(double seconds) const noexcept {
    EINET_ASSERT(horizon_ > 0);
    return seconds <= 0 ? 0 : seconds >= horizon_ ? 1 : seconds / horizon_;
  }

 private:
  double horizon_ = 0;
};

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

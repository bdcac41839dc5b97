#pragma once
// The uniform stop-time law of the paper's Algorithm 1 and of its evaluation (section VI-A).

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/base/seconds.hpp>
#include <einet/plan/lane_law.hpp>

namespace einet {

/// Every moment of [0, horizon) is equally likely.
class Uniform {
 public:
  /// The horizon is set by `over`, to the total of a time profile.
  constexpr Uniform() noexcept = default;

  /// @param horizon T
  /// @throws std::invalid_argument if T is not finite and > 0
  explicit constexpr Uniform(Seconds horizon) : horizon_(horizon.count) {
    detail::expect(is_finite(horizon_) && horizon_ > 0, "Uniform", "horizon", horizon_, "finite seconds > 0");
  }

  /// This law, with `total` as its horizon unless it has one.
  [[nodiscard]] constexpr Uniform over(double total) const { return horizon_ > 0 ? *this : Uniform{total}; }

  /// T in seconds; 0 until it is known.
  [[nodiscard]] constexpr double horizon() const noexcept { return horizon_; }

  /// @pre the horizon is known
  [[nodiscard]] constexpr double cdf(double seconds) const noexcept {
    EINET_ASSERT(horizon_ > 0);
    return seconds <= 0 ? 0 : seconds >= horizon_ ? 1 : seconds / horizon_;
  }

  /// See `lane_law`.
  /// @pre the horizon is known
  template <class Arch>
  [[nodiscard]] auto lanes(double origin, double scale) const noexcept {
    using Lanes = simd::Lanes<float, Arch>;
    return [at = Lanes(static_cast<float>(origin / horizon_)),
            step = Lanes(static_cast<float>(scale / horizon_))](const Lanes& x) noexcept -> Lanes {
      return (simd::min)((simd::max)(simd::fma(x, step, at), Lanes(0.f)), Lanes(1.f));
    };
  }
  [[nodiscard]] double lane_error(double scale) const noexcept {
    return detail::value_error + scale / horizon_ * detail::moment_error;
  }

 private:
  double horizon_ = 0;
};

}  // namespace einet

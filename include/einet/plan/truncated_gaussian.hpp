#pragma once
// The Gaussian stop-time law of the paper's section VI-C3, truncated to [0, T]. The paper's μ is half the
// total time T; its σ of 0.5 and 1 have no unit and are read here as multiples of T/2: 0.25 T and 0.5 T.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/base/seconds.hpp>
#include <einet/plan/lane_law.hpp>

#include <cmath>
#include <numbers>

namespace einet {

/// A normal distribution, conditioned on [0, horizon).
class TruncatedGaussian {
 public:
  /// For anything narrower use PointMass.
  static constexpr double least_deviation = 1e-9;

  /// @param mean, deviation as shares of the horizon; deviation >= least_deviation
  /// @param horizon T; 0: set by `over`, to the total of a time profile
  /// @throws std::invalid_argument naming the argument, also if [0, T] is too far from the mean to hold mass
  explicit TruncatedGaussian(double mean, double deviation, Seconds horizon = 0)
      : mean_(mean), deviation_(deviation), horizon_(horizon.count) {
    require(is_finite(mean), "mean", mean, "a finite share of the horizon");
    require(is_finite(deviation) && deviation >= least_deviation, "deviation", deviation,
            "a finite share >= 1e-9");
    require(is_finite(horizon_) && horizon_ >= 0, "horizon", horizon_, "finite seconds >= 0");
    below_ = normal_cdf(-mean / deviation);
    mass_ = normal_cdf((1 - mean) / deviation) - below_;
    require(mass_ > 1e-12, "mean", mean, "one that leaves some mass in [0, horizon]");
  }

  /// This law, with `total` as its horizon unless it has one.
  [[nodiscard]] TruncatedGaussian over(double total) const {
    if (horizon_ > 0) return *this;
    require(is_finite(total) && total > 0, "horizon", total, "finite seconds > 0");
    return TruncatedGaussian{mean_, deviation_, total};
  }

  /// T in seconds; 0 until it is known.
  [[nodiscard]] double horizon() const noexcept { return horizon_; }

  /// @pre the horizon is known
  [[nodiscard]] double cdf(double seconds) const noexcept {
    EINET_ASSERT(horizon_ > 0);
    if (seconds <= 0) return 0;
    if (seconds >= horizon_) return 1;
    return (normal_cdf((seconds / horizon_ - mean_) / deviation_) - below_) / mass_;
  }

  /// See `lane_law`.
  /// @pre the horizon is known
  template <class Arch>
  [[nodiscard]] auto lanes(double origin, double scale) const noexcept {
    using Lanes = simd::Lanes<float, Arch>;
    const double unit = deviation_ * std::numbers::sqrt2;
    const auto standard = [&](double moment) { return Lanes(static_cast<float>((moment - mean_) / unit)); };
    return [at = standard(origin / horizon_), step = Lanes(static_cast<float>(scale / horizon_ / unit)),
            begin = standard(0), end = standard(1), half = Lanes(static_cast<float>(0.5 / mass_)),
            below = Lanes(static_cast<float>((0.5 - below_) / mass_))](const Lanes& x) noexcept -> Lanes {
      const Lanes place = (simd::min)((simd::max)(fma(x, step, at), begin), end);
      return (simd::min)((simd::max)(fma(erf(place), half, below), Lanes(0.f)), Lanes(1.f));
    };
  }
  [[nodiscard]] double lane_error(double scale) const noexcept {
    const double density = 1 / (deviation_ * std::sqrt(2 * std::numbers::pi));  // at the peak, over [0, 1]
    const double reach = 1 + std::abs(mean_);  // rounding is relative to the distance from the mean
    return (detail::value_error + density * (scale / horizon_ + reach) * detail::moment_error) / mass_;
  }

 private:
  static double normal_cdf(double x) noexcept { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

  static void require(bool sound, const char* field, double value, const char* wanted) {
    detail::expect(sound, "TruncatedGaussian", field, value, wanted);
  }

  double mean_;
  double deviation_;
  double horizon_;
  double below_ = 0;  // mass of the untruncated law below 0
  double mass_ = 1;   // and in [0, T]
};

}  // namespace einet

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
#include <type_traits>

namespace einet {

/// A normal distribution, conditioned on [0, horizon).
class TruncatedGaussian {
 public:
  /// As a share of the horizon. For anything narrower use PointMass.
  static constexpr double least_deviation = 1e-9;

  /// `TruncatedGaussian{20ms, 5ms, 40ms}`
  /// @param mean, deviation of the normal distribution; deviation >= least_deviation of the horizon
  /// @param horizon T
  /// @throws std::invalid_argument naming the argument, also if [0, T] is too far from the mean to hold mass
  explicit TruncatedGaussian(Seconds mean, Seconds deviation, Seconds horizon)
      : TruncatedGaussian(
            of_horizon(in_horizon(mean, horizon, "mean"), in_horizon(deviation, horizon, "deviation"))) {
    horizon_ = horizon.count;
  }

  /// Refused: a reader could take plain numbers for shares of the horizon.
  template <class Mean, class Deviation>
  requires std::is_arithmetic_v<Mean> && std::is_arithmetic_v<Deviation>
  explicit TruncatedGaussian(Mean, Deviation, Seconds = 0) {
    static_assert(!std::is_arithmetic_v<Mean>,
                  "TruncatedGaussian: plain numbers may be seconds or shares of the horizon; write "
                  "Seconds{...}, a duration or TruncatedGaussian::of_horizon(mean, deviation)");
  }

  /// The law by its shape; its horizon is set by `over`, to the total of a time profile.
  /// @param mean, deviation as shares of the horizon; deviation >= least_deviation
  /// @throws std::invalid_argument naming the argument, also if [0, 1] is too far from the mean to hold mass
  [[nodiscard]] static TruncatedGaussian of_horizon(double mean, double deviation) {
    return TruncatedGaussian{Shares{mean, deviation}};
  }

  /// This law, with `total` as its horizon unless it has one.
  [[nodiscard]] TruncatedGaussian over(double total) const {
    TruncatedGaussian law = *this;
    if (!(horizon_ > 0)) law.horizon_ = sound_horizon(total);
    return law;
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
      const Lanes place = (simd::min)((simd::max)(simd::fma(x, step, at), begin), end);
      return (simd::min)((simd::max)(simd::fma(erf(place), half, below), Lanes(0.f)), Lanes(1.f));
    };
  }
  [[nodiscard]] double lane_error(double scale) const noexcept {
    const double density = 1 / (deviation_ * std::sqrt(2 * std::numbers::pi));  // at the peak, over [0, 1]
    const double reach = 1 + std::abs(mean_);  // rounding is relative to the distance from the mean
    return (detail::value_error + density * (scale / horizon_ + reach) * detail::moment_error) / mass_;
  }

 private:
  struct Shares {
    double mean, deviation;
  };

  explicit TruncatedGaussian(const Shares& shares) : mean_(shares.mean), deviation_(shares.deviation) {
    require(is_finite(mean_), "mean", mean_, "a finite share of the horizon");
    require(is_finite(deviation_) && deviation_ >= least_deviation, "deviation", deviation_,
            "a finite share of the horizon >= 1e-9");
    below_ = normal_cdf(-mean_ / deviation_);
    mass_ = normal_cdf((1 - mean_) / deviation_) - below_;
    require(mass_ > 1e-12, "mean", mean_, "a share that leaves some mass in [0, horizon]");
  }

  static double in_horizon(Seconds seconds, Seconds horizon, const char* field) {
    require(is_finite(seconds.count), field, seconds.count, "finite seconds");
    return seconds.count / sound_horizon(horizon.count);
  }

  static double sound_horizon(double seconds) {
    require(is_finite(seconds) && seconds > 0, "horizon", seconds, "finite seconds > 0");
    return seconds;
  }

  static double normal_cdf(double x) noexcept { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

  static void require(bool sound, const char* field, double value, const char* wanted) {
    detail::expect(sound, "TruncatedGaussian", field, value, wanted);
  }

  double mean_;       // as shares of the horizon
  double deviation_;  //
  double horizon_ = 0;
  double below_ = 0;  // mass of the untruncated law below 0
  double mass_ = 1;   // and in [0, T]
};

}  // namespace einet

#pragma once
// The Gaussian exit-time law of the paper's section VI-C3, truncated to [0, T]. Its μ is half the total time;
// its σ of 0.5 and 1 have no unit there and are read here as multiples of T/2, that is 0.25 T and 0.5 T.

#include <einet/base/assert.hpp>

#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string>

namespace einet {

/// A normal law that is known to fall into [0, horizon).
class TruncatedGaussian {
 public:
  /// @param mean, deviation as shares of the horizon; deviation > 0
  /// @param horizon T in seconds; 0: that of the time profile it meets (`over`)
  /// @throws std::invalid_argument naming the argument, also where [0, T] is too far out to hold any mass
  explicit TruncatedGaussian(double mean, double deviation, double horizon = 0)
      : mean_(mean), deviation_(deviation), horizon_(horizon) {
    require(std::isfinite(mean), "mean", mean, "a finite share of the horizon");
    require(std::isfinite(deviation) && deviation > 0, "deviation", deviation, "a finite share > 0");
    require(std::isfinite(horizon) && horizon >= 0, "horizon", horizon, "finite seconds >= 0");
    below_ = normal_cdf(-mean / deviation);
    mass_ = normal_cdf((1 - mean) / deviation) - below_;
    require(mass_ > 1e-12, "mean", mean, "one that leaves some mass in [0, horizon]");
  }

  /// This law with `total` as its horizon, unless it was given one.
  [[nodiscard]] TruncatedGaussian over(double total) const {
    return horizon_ > 0 ? *this : TruncatedGaussian{mean_, deviation_, total};
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

 private:
  static double normal_cdf(double x) noexcept { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

  static void require(bool sound, const char* field, double value, const char* expected) {
    if (!sound)
      throw std::invalid_argument("TruncatedGaussian: " + std::string(field) + " is " +
                                  std::to_string(value) + ", expected " + expected);
  }

  double mean_;
  double deviation_;
  double horizon_;
  double below_ = 0;  // mass of the untruncated law below 0
  double mass_ = 1;   // and in [0, T]
};

}  // namespace einet

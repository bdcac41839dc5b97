#pragma once
// Stops that are as likely at one moment as at any other: preemptions by tasks that know nothing of each
// other.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/base/seconds.hpp>

#include <cmath>

namespace einet {

/// The time until the next event of a Poisson process. However long a run has gone on, the stop is as far
/// away as at its beginning.
class Exponential {
 public:
  /// @param mean seconds until the stop, on average
  /// @throws std::invalid_argument unless it is finite and > 0
  explicit Exponential(Seconds mean) : mean_(mean.count) {
    detail::expect(is_finite(mean_) && mean_ > 0, "Exponential", "mean", mean_, "finite seconds > 0");
  }

  /// In seconds.
  [[nodiscard]] double mean() const noexcept { return mean_; }
  [[nodiscard]] double cdf(double seconds) const noexcept {
    return seconds > 0 ? -std::expm1(-seconds / mean_) : 0;
  }

 private:
  double mean_;
};

}  // namespace einet

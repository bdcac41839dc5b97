#pragma once
// A known deadline as an exit-time law.

#include <cmath>
#include <stdexcept>
#include <string>

namespace einet {

/// The exit comes at one known moment; an output ready at that moment counts.
class PointMass {
 public:
  /// @param deadline seconds since the start of the inference
  /// @throws std::invalid_argument unless it is finite and >= 0
  explicit PointMass(double deadline) : deadline_(deadline) {
    if (!(std::isfinite(deadline) && deadline >= 0))
      throw std::invalid_argument("PointMass: the deadline is " + std::to_string(deadline) +
                                  " s, expected finite seconds >= 0");
  }

  [[nodiscard]] double deadline() const noexcept { return deadline_; }
  [[nodiscard]] double cdf(double seconds) const noexcept { return seconds > deadline_ ? 1 : 0; }

 private:
  double deadline_;
};

}  // namespace einet

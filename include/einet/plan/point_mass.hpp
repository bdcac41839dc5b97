#pragma once
// A known deadline as a stop-time law.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/base/seconds.hpp>

namespace einet {

/// The stop comes at one known moment; an output ready at that moment counts.
class PointMass {
 public:
  /// @param deadline since the start of the inference: `PointMass{.02}`, `PointMass{20ms}`
  /// @throws std::invalid_argument unless it is finite and >= 0
  explicit PointMass(Seconds deadline) : deadline_(deadline.count) {
    detail::expect(is_finite(deadline_) && deadline_ >= 0, "PointMass", "deadline", deadline_,
                   "finite seconds >= 0");
  }

  /// In seconds.
  [[nodiscard]] double deadline() const noexcept { return deadline_; }
  [[nodiscard]] double cdf(double seconds) const noexcept { return seconds > deadline_ ? 1 : 0; }

 private:
  double deadline_;
};

}  // namespace einet

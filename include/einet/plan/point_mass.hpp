#pragma once
// A known deadline as a stop-time law.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>

namespace einet {

/// The stop comes at one known moment; an output ready at that moment counts.
class PointMass {
 public:
  /// @param deadline seconds since the start of the inference
  /// @throws std::invalid_argument unless it is finite and >= 0
  explicit PointMass(double deadline) : deadline_(deadline) {
    detail::expect(is_finite(deadline) && deadline >= 0, "PointMass", "deadline", deadline,
                   "finite seconds >= 0");
  }

  [[nodiscard]] double deadline() const noexcept { return deadline_; }
  [[nodiscard]] double cdf(double seconds) const noexcept { return seconds > deadline_ ? 1 : 0; }

 private:
  double deadline_;
};

}  // namespace einet

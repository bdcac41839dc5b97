#pragma once
// A law that is cut at a deadline: whatever else may stop a run, it ends then.

#include <einet/plan/law.hpp>
#include <einet/plan/point_mass.hpp>

#include <utility>

namespace einet {

/// The stop comes by `law`, but at the deadline at the latest; an output ready at that moment counts.
template <stop_law Law>
class WithDeadline {
 public:
  /// @param deadline since the start of the inference
  /// @throws std::invalid_argument unless it is finite and >= 0
  WithDeadline(Law law, Seconds deadline) : law_(std::move(law)), deadline_(deadline) {}

  /// The same; a law without a horizon of its own takes `total`.
  [[nodiscard]] WithDeadline over(double total) const {
    return {einet::over(law_, total), Seconds{deadline_.deadline()}};
  }

  [[nodiscard]] const Law& law() const noexcept { return law_; }
  /// In seconds.
  [[nodiscard]] double deadline() const noexcept { return deadline_.deadline(); }

  [[nodiscard]] double cdf(double seconds) const noexcept {
    return deadline_.cdf(seconds) > 0 ? 1 : static_cast<double>(law_.cdf(seconds));
  }

 private:
  Law law_;
  PointMass deadline_;
};

}  // namespace einet

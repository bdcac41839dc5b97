#pragma once
// The pace of a run: measured seconds for every second of its time profile. Changes of clock frequency and
// busy neighbours show in the pace, a single preemption does not.

#include <einet/base/floating.hpp>

#include <algorithm>
#include <cmath>

namespace einet {

/// Tracks the ratio of measured to profiled seconds over the parts of one run.
class Pace {
 public:
  /// @param memory profiled seconds, > 0: a part this long weighs as much as all parts before it
  explicit constexpr Pace(double memory) noexcept : memory_(memory) {}

  /// Returns to the pace of the profile, 1.
  constexpr void reset() noexcept { factor_ = 1; }

  /// Tells that a part of `profiled` seconds took `measured` seconds. Values that are negative or not finite,
  /// and parts with 0 profiled seconds, are ignored. No part counts as more than `most_step` times as slow or
  /// fast as those before it, or a hiccup in a short part would look like a frozen machine.
  void observe(double profiled, double measured) noexcept {
    if (!(profiled > 0 && measured >= 0 && is_finite(profiled) && is_finite(measured))) return;
    const double ratio = std::clamp(measured / profiled, factor_ / most_step, factor_ * most_step);
    const double share = profiled / (profiled + memory_);
    if (is_finite(ratio)) factor_ = std::clamp(factor_ + share * (ratio - factor_), least, most);
  }

  /// Measured seconds for every second of the profile; exactly 1 where the difference is noise.
  [[nodiscard]] double factor() const noexcept { return std::abs(factor_ - 1) < noise ? 1 : factor_; }

  static constexpr double most_step = 4;

 private:
  static constexpr double noise = 1e-3;
  static constexpr double least = 1e-6;
  static constexpr double most = 1e6;

  double memory_;
  double factor_ = 1;
};

}  // namespace einet

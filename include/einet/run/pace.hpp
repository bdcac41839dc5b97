#pragma once
// How fast this run goes: measured seconds for every second of the time profile. Frequency steps and busy
// neighbours change it for a while, a single preemption does not.

#include <einet/base/floating.hpp>

#include <algorithm>
#include <cmath>

namespace einet {

/// Follows the ratio of measured to profiled seconds over the parts of one run.
class Pace {
 public:
  /// @param memory profiled seconds of parts by which the newest weigh as much as all before them, > 0
  explicit constexpr Pace(double memory) noexcept : memory_(memory) {}

  /// Back to the pace of the profile.
  constexpr void reset() noexcept { factor_ = 1; }

  /// A part of the run was to take `profiled` seconds and took `measured`. What is not finite or negative is
  /// ignored, and so are parts that the profile gives no time. No part counts as more than `most_step` times
  /// as slow or fast as those before it: a hiccup in a short one would pass for a frozen machine.
  void observe(double profiled, double measured) noexcept {
    if (!(profiled > 0 && measured >= 0 && is_finite(profiled) && is_finite(measured))) return;
    const double ratio = std::clamp(measured / profiled, factor_ / most_step, factor_ * most_step);
    const double share = profiled / (profiled + memory_);
    if (is_finite(ratio)) factor_ = std::clamp(factor_ + share * (ratio - factor_), least, most);
  }

  /// Seconds for every second of the profile; exactly 1 where the difference is noise.
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

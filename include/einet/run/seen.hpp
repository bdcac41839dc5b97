#pragma once
// What a planner is told of an output, and the rule that it is taken by.

#include <einet/base/floating.hpp>

#include <array>
#include <cstddef>
#include <span>

namespace einet {

/// The confidence of an output or, where the predictor knows more signals, an array or span of them. Refers
/// to what it is made from.
template <std::size_t Signals>
class Seen {
 public:
  // NOLINTBEGIN(google-explicit-constructor): these are what planners are given
  Seen(const float& confidence) noexcept requires(Signals == 1) : signals_(&confidence, 1) {}
  Seen(std::span<const float, Signals> all) noexcept : signals_(all) {}
  Seen(const std::array<float, Signals>& all) noexcept : signals_(all) {}
  // NOLINTEND(google-explicit-constructor)

  /// The confidence as a probability (see as_probability); others that are not finite as 0, unless unknown
  /// ones may pass.
  [[nodiscard]] std::array<float, Signals> sound(bool unknown_may_pass) const noexcept {
    std::array<float, Signals> all{as_probability(signals_[0])};
    for (std::size_t s = 1; s < Signals; ++s)
      all[s] = unknown_may_pass || is_finite(signals_[s]) ? signals_[s] : 0.f;
    return all;
  }

 private:
  std::span<const float, Signals> signals_;
};

}  // namespace einet

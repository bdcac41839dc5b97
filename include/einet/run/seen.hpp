#pragma once
// What a planner is told of an output, and the rule that it is taken by.

#include <einet/base/floating.hpp>

#include <array>
#include <cstddef>
#include <span>

namespace einet {

/// The confidence of an output or, where the predictor knows more inputs, an array or span of them. Refers
/// to what it is made from.
template <std::size_t Inputs>
class Seen {
 public:
  // NOLINTBEGIN(google-explicit-constructor): these are what planners are given
  Seen(const float& confidence) noexcept requires(Inputs == 1) : inputs_(&confidence, 1) {}
  Seen(std::span<const float, Inputs> all) noexcept : inputs_(all) {}
  Seen(const std::array<float, Inputs>& all) noexcept : inputs_(all) {}
  // NOLINTEND(google-explicit-constructor)

  /// The confidence as a probability (see as_probability); others that are not finite as 0, unless unknown
  /// ones may pass.
  [[nodiscard]] std::array<float, Inputs> sound(bool unknown_may_pass) const noexcept {
    std::array<float, Inputs> all{as_probability(inputs_[0])};
    for (std::size_t s = 1; s < Inputs; ++s)
      all[s] = unknown_may_pass || is_finite(inputs_[s]) ? inputs_[s] : 0.f;
    return all;
  }

 private:
  std::span<const float, Inputs> inputs_;
};

}  // namespace einet

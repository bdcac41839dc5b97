#pragma once
// The predictor concept: from the outputs seen so far, the confidences of the exits to come. Paper, IV-C.

#include <einet/base/floating.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <span>

namespace einet {

/// What a planner asks of a predictor `P` for a network of `P::exits` exits, each of which is observed
/// through `P::inputs` numbers, the first of them its confidence:
/// - after `reset()`, `confidences()` are the means over the samples it was fitted on;
/// - after `observe(x, inputs)`, entry x is the worth of the answer in hand, later entries are those of the
///   exits to come, as if each were run.
/// A predictor may say `static constexpr bool takes_unknown = true`: of its inputs beyond the confidence any
/// may be NaN, "not known". Others are given finite numbers by the planner. Exits are observed in rising
/// order. Copies share immutable weights and have a state of their own.
// clang-format off
template <class P>
concept exit_predictor = std::copyable<P> && P::exits >= 1 && P::inputs >= 1 &&
                    requires(P model, const P& view, std::size_t exit,
                             std::span<const float, P::inputs> inputs) {
  { model.reset() } noexcept;
  { model.observe(exit, inputs) } noexcept;
  { view.confidences() } noexcept -> std::same_as<const std::array<float, P::exits>&>;
};
// clang-format on

namespace detail {

template <class P>
constexpr bool takes_unknown() noexcept {
  if constexpr (requires { P::takes_unknown; })
    return P::takes_unknown;
  else
    return false;
}

}  // namespace detail

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

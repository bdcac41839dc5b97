#pragma once
// The predictor concept: from the outputs seen so far, the confidences of the exits to come. Paper, IV-C.

#include <array>
#include <concepts>
#include <cstddef>
#include <span>

namespace einet {

/// What a planner asks of a predictor `P` for a network of `P::size` exits, each of which is observed through
/// `P::inputs` numbers, the first of them its confidence:
/// - after `reset()`, `confidences()` are the means over the samples it was fitted on;
/// - after `observe(x, inputs)`, entry x is the worth of the answer in hand, later entries are those of the
///   exits to come, as if each were run.
/// A predictor may say `static constexpr bool takes_unknown = true`: of its inputs beyond the confidence any
/// may be NaN, "not known". Others are given finite numbers by the planner. Exits are observed in rising
/// order. Copies share immutable weights and have a state of their own.
// clang-format off
template <class P>
concept predictor = std::copyable<P> && P::size >= 1 && P::inputs >= 1 &&
                    requires(P model, const P& view, std::size_t exit,
                             std::span<const float, P::inputs> inputs) {
  { model.reset() } noexcept;
  { model.observe(exit, inputs) } noexcept;
  { view.confidences() } noexcept -> std::same_as<const std::array<float, P::size>&>;
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

}  // namespace einet

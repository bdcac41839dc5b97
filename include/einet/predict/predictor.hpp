#pragma once
// The predictor concept: from the outputs so far, the confidences of the exits to come. Paper, IV-C.

#include <einet/base/floating.hpp>
#include <einet/plan/exits.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <span>

namespace einet {

/// What a planner requires of a predictor `P` for a network of `P::exits` exits, each observed through
/// `P::inputs` inputs, the first of which is its confidence. If `P::exits` is up_to(C), `exit_count()` says
/// how many there are:
/// - after `reset()`, `confidences()` are the means over the samples it was fitted to;
/// - after `observe(x, inputs)`, entry x is the worth of the answer in hand, and later entries are those of
///   the exits to come, if they are run.
/// Exits are observed in rising order. Inputs beyond the confidence are finite, unless the predictor has
/// `static constexpr bool takes_unknown = true`; then any of them may be NaN, meaning unknown. Copies share
/// immutable weights and have a state of their own.
// clang-format off
template <class P>
concept exit_predictor = std::copyable<P> && most_exits<P::exits> >= 1 && P::inputs >= 1 &&
                    requires(P model, const P& view, std::size_t exit,
                             std::span<const float, P::inputs> inputs) {
  { model.reset() } noexcept;
  { model.observe(exit, inputs) } noexcept;
  { view.confidences() } noexcept -> std::same_as<const std::array<float, most_exits<P::exits>>&>;
} && (!run_time_exits<P::exits> || requires(const P& view) {
  { view.exit_count() } noexcept -> std::same_as<std::size_t>;
});
// clang-format on

namespace detail {

template <class P>
concept takes_unknown = P::takes_unknown;

/// The number of exits of a predictor or planner.
template <class P>
[[nodiscard]] constexpr std::size_t exit_count_of(const P& of) noexcept {
  if constexpr (run_time_exits<P::exits>)
    return of.exit_count();
  else
    return P::exits;
}

}  // namespace detail

/// A predictor's inputs: the confidence of an output or, if there are more inputs, an array or span of them.
/// Refers to what it is made from.
template <std::size_t Inputs>
class PredictorInputs {
 public:
  // NOLINTBEGIN(google-explicit-constructor): callers pass any of these to a planner
  PredictorInputs(const float& confidence) noexcept requires(Inputs == 1) : inputs_(&confidence, 1) {}
  PredictorInputs(std::span<const float, Inputs> all) noexcept : inputs_(all) {}
  PredictorInputs(const std::array<float, Inputs>& all) noexcept : inputs_(all) {}
  // NOLINTEND(google-explicit-constructor)

  /// The inputs, with the confidence read by as_probability; others that are not finite become 0, unless
  /// unknown ones may pass.
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

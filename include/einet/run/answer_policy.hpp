#pragma once
// What the outputs of a run make of each other, as a policy: the answer in hand is the newest of them or the
// most confident so far (or an average of all: average_answer.hpp).

#include <einet/base/floating.hpp>
#include <einet/run/slot.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace einet {

/// An answer policy `P` makes of a new output, its exit and what was in hand before it (null before the first
/// of a run) the answer that is published, and that the planner observes. `reset()` begins a run.
// clang-format off
template <class P, class Output>
concept answer_policy = std::copyable<P> &&
    requires(P& answer, const Output& output, std::size_t exit, const Published<Output>* in_hand) {
  { answer.reset() } noexcept;
  { answer(output, exit, in_hand) } noexcept -> std::same_as<Published<Output>>;
};
// clang-format on

/// The newest output, as it is.
struct NewestAnswer {
  static constexpr void reset() noexcept {}

  template <class Output>
  [[nodiscard]] constexpr Published<Output> operator()(
      const Output& output, std::size_t exit, const Published<std::type_identity_t<Output>>*) const noexcept {
    return {output, exit};
  }
};

/// The most confident output so far, with the exit it came from; the newest of equal ones. Confidences are
/// compared as probabilities (as_probability): one that is NaN counts as 0 and never evicts a better answer.
struct MostConfidentAnswer {
  static constexpr void reset() noexcept {}

  template <class Output>
  [[nodiscard]] constexpr Published<Output> operator()(
      const Output& output, std::size_t exit,
      const Published<std::type_identity_t<Output>>* in_hand) const noexcept {
    const auto sureness = [](const Output& of) { return as_probability(static_cast<float>(confidence(of))); };
    if (in_hand != nullptr && sureness(in_hand->output) > sureness(output)) return *in_hand;
    return {output, exit};
  }
};

}  // namespace einet

#pragma once
// Which answer the outputs of a run make, as a policy: the newest output, the most confident so far, or an
// average of all (average_answer.hpp).

#include <einet/base/floating.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/slot.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace einet {

/// An answer policy `P` takes a new output, its exit and the answer in hand (null before the first output of
/// a run), and returns the answer to publish, which the planner observes. `reset()` begins a run.
// clang-format off
template <class P, class Output>
concept answer_policy = std::copyable<P> &&
    requires(P& answer, const Output& output, std::size_t exit, const Published<Output>* in_hand) {
  { answer.reset() } noexcept;
  { answer(output, exit, in_hand) } noexcept -> std::same_as<Published<Output>>;
};
// clang-format on

/// The newest output, unchanged.
struct NewestAnswer {
  static constexpr void reset() noexcept {}

  template <class Output>
  [[nodiscard]] constexpr Published<Output> operator()(
      const Output& output, std::size_t exit, const Published<std::type_identity_t<Output>>*) const noexcept {
    return {output, exit};
  }
};

/// The most confident output so far, the newest of equal ones, with its exit. Confidences are read by
/// as_probability, so that NaN counts as 0 and never replaces a better answer.
struct MostConfidentAnswer {
  static constexpr void reset() noexcept {}

  template <has_confidence Output>
  [[nodiscard]] constexpr Published<Output> operator()(
      const Output& output, std::size_t exit,
      const Published<std::type_identity_t<Output>>* in_hand) const noexcept {
    const auto worth = [](const Output& of) { return as_probability(static_cast<float>(confidence(of))); };
    if (in_hand != nullptr && worth(in_hand->output) > worth(output)) return *in_hand;
    return {output, exit};
  }
};

}  // namespace einet

#pragma once
// What runners are made of, and how they publish an answer.

#include <einet/run/answer_policy.hpp>
#include <einet/run/run_result.hpp>
#include <einet/run/slot.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>

namespace einet::detail {

/// What a runner is made of, and lends to its runs.
template <class Network, class Planner, class Slot, class Clock, class Observation, class AnswerPolicy>
struct RunnerParts {
  using Answers = AnswerPolicy;
  using output_type = typename Slot::value_type;
  using result_type = RunResult<output_type, Planner::exits>;
  static constexpr std::size_t inputs = Observation::inputs;

  Network* network;
  Planner planner;
  Slot* slot;
  [[no_unique_address]] Clock clock;
  [[no_unique_address]] Observation observe;
  [[no_unique_address]] Answers answers;
};

/// Publishes the answer that the policy makes of the output of `exit`, and notes it in the result.
/// @return what the planner is to observe
template <class Parts>
std::array<float, Parts::inputs> publish(Parts& parts, typename Parts::result_type& result,
                                         const typename Parts::output_type& output,
                                         std::size_t exit) noexcept {
  using Output = typename Parts::output_type;
  const Output* const before = result.answer ? &*result.answer : nullptr;
  std::array<float, Parts::inputs> seen;
  if constexpr (std::same_as<typename Parts::Answers, NewestAnswer>) {
    parts.slot->publish(output, exit);
    seen = parts.observe(output, before);
    result.answer = output;
    result.exit = exit;
  } else {
    const auto in_hand = before != nullptr ? std::optional(Published<Output>{*before, *result.exit})
                                           : std::optional<Published<Output>>();
    const Published<Output> answer = parts.answers(output, exit, in_hand ? &*in_hand : nullptr);
    parts.slot->publish(answer.output, answer.exit);
    seen = parts.observe(answer.output, before);
    result.answer = answer.output;
    result.exit = answer.exit;
  }
  result.ran.insert(exit);
  return seen;
}

}  // namespace einet::detail

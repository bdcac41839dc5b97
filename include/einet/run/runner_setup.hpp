#pragma once
// What all runners check and keep. Their policies may be given in any order, and are sorted by the concepts
// that they model.

#include <einet/base/expect.hpp>
#include <einet/plan/exits.hpp>
#include <einet/predict/predictor.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/answer_policy.hpp>
#include <einet/run/block.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/observation.hpp>
#include <einet/run/runner_parts.hpp>

#include <cstddef>
#include <string_view>
#include <utility>

namespace einet::detail {

struct IsClock {
  template <class P>
  static constexpr bool of = run_clock<P>;
};

template <class Output>
struct IsObservation {
  template <class P>
  static constexpr bool of = output_observation<P, Output>;
};

template <class Output>
struct IsAnswerPolicy {
  template <class P>
  static constexpr bool of = answer_policy<P, Output>;
};

/// The first of `policies` that is of this kind, or the default.
template <class Kind, class Default>
[[nodiscard]] constexpr Default chosen() {
  return Default{};
}
template <class Kind, class Default, class First, class... Rest>
[[nodiscard]] constexpr auto chosen(const First& first, const Rest&... rest) {
  if constexpr (Kind::template of<First>)
    return first;
  else
    return chosen<Kind, Default>(rest...);
}
template <class Kind, class Default, class... Policies>
using Chosen = decltype(chosen<Kind, Default>(std::declval<const Policies&>()...));

// clang-format off
/// Whether each policy is of one of these kinds, at most one of each.
template <class A, class B, class C, class... Policies>
inline constexpr bool each_is_one =
    ((A::template of<Policies> || B::template of<Policies> || C::template of<Policies>) && ...) &&
    (std::size_t{A::template of<Policies>} + ... + 0) <= 1 &&
    (std::size_t{B::template of<Policies>} + ... + 0) <= 1 &&
    (std::size_t{C::template of<Policies>} + ... + 0) <= 1;
// clang-format on

/// The parts of a runner of these types.
template <class Network, class Planner, class Slot, class... Policies>
struct RunnerSetup {
  using output_type = typename Slot::value_type;
  static_assert(has_confidence<output_type>,
                "a runner: the slot's output type has no confidence(output) that argument-dependent lookup "
                "finds, or is not trivially copyable");
  using Clock = Chosen<IsClock, SteadyClock, Policies...>;
  using Observation = Chosen<IsObservation<output_type>, OwnInputs<Planner::inputs>, Policies...>;
  using Answers = Chosen<IsAnswerPolicy<output_type>, NewestAnswer, Policies...>;
  static_assert(
      each_is_one<IsClock, IsObservation<output_type>, IsAnswerPolicy<output_type>, Policies...>,
      "a runner: each of its last arguments must be a clock (einet::run_clock), an observation "
      "(einet::output_observation) or an answer policy (einet::answer_policy) for the slot's output type, "
      "at most one of each");
  static_assert(!has_confidence<output_type> || output_observation<Observation, output_type>,
                "a runner: the planner's predictor has several inputs: the slot's output type needs a "
                "predictor_inputs(output) with as many, or the runner an observation");
  static_assert(Observation::inputs == Planner::inputs,
                "a runner: the observation must have as many inputs as the planner's predictor");
  using Parts = RunnerParts<Network, Planner, Slot, Clock, Observation, Answers>;

  /// @param runner its name, for messages
  /// @throws std::invalid_argument unless the network has as many blocks as the planner has exits
  [[nodiscard]] static Parts parts(std::string_view runner, Network& blocks, Planner planner, Slot& slot,
                                   const Policies&... policies) {
    constexpr std::size_t exits = Planner::exits, fixed = fixed_size<Network>();
    static_assert(fixed == 0 || (run_time_exits<exits> ? fixed <= most_exits<exits> : fixed == exits),
                  "a runner: the network must have as many blocks as the planner has exits");
    const std::size_t wanted = exit_count_of(planner);
    if (const std::size_t count = block_count(blocks); count != wanted)
      refuse(runner, "number of blocks", number(count),
             number(wanted) + ", one for every exit of the planner");
    return {&blocks,
            std::move(planner),
            &slot,
            chosen<IsClock, SteadyClock>(policies...),
            chosen<IsObservation<output_type>, OwnInputs<Planner::inputs>>(policies...),
            chosen<IsAnswerPolicy<output_type>, NewestAnswer>(policies...)};
  }
};

}  // namespace einet::detail

#pragma once
// Sorts the runner's policies, which may be given in any order, by the concepts that they model.

#include <einet/run/answer_policy.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/observation.hpp>

#include <cstddef>
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

}  // namespace einet::detail

#pragma once
// Problems, profiles and samples of an exact number of exits, as those of a number that is known only at run
// time. What there is room for beyond it is bait: exits that cost next to nothing and are worth 1. Whoever
// looks at them runs them, and whoever adds them up has another sum. (NaN would be lost in comparisons.)

#include "catch.hpp"
#include "sanitized.hpp"

#include <einet/plan/exit_plan.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/time_profile.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace einet::test {

/// Copies the numbers of an exact number of exits to where there is room for more.
template <class Exact, class Roomy>
void copy_front(const Exact& exact, Roomy& roomy) {
  REQUIRE(exact.size() <= roomy.size());  // with_exits compiles smaller sizes, too, and never runs them
  std::copy_n(exact.begin(), std::min(exact.size(), roomy.size()), roomy.begin());
}

template <std::size_t M, std::size_t N>
[[nodiscard]] TimeProfile<M> at_run_time(const TimeProfile<N>& exact) {
  TimeProfile<M> times(exact.exit_count());
  times.conv.fill(1e-3);
  times.branch.fill(0);
  copy_front(exact.conv, times.conv);
  copy_front(exact.branch, times.branch);
  return times;
}

template <std::size_t M, std::size_t N>
[[nodiscard]] Problem<M> at_run_time(const Problem<N>& exact) {
  Problem<M> problem{at_run_time<M>(exact.times), {}, exact.in_hand, exact.first, exact.elapsed, exact.price};
  problem.confidences.fill(1);
  copy_front(exact.confidences, problem.confidences);
  return problem;
}

template <std::size_t M, std::size_t N>
[[nodiscard]] ExitPlan<M> at_run_time(const ExitPlan<N>& exact) {
  ExitPlan<M> plan;
  for (std::size_t k = 0; k < N; ++k)
    if (exact.contains(k)) plan.insert(k);
  return plan;
}

/// The size that with_exits chooses for N exits.
template <std::size_t N>
inline constexpr std::size_t room_for = [] {
  if constexpr (N <= 8)
    return up_to(8);
  else if constexpr (N <= 16)
    return up_to(16);
  else if constexpr (N <= 32)
    return up_to(32);
  else
    return up_to(64);
}();

/// Numbers of exits that are compared with the exact size: those at the borders of registers, of words of
/// plans and of the sizes of with_exits. Each is compiled, so they are few, fewer under the sanitizer, and
/// more in the stress tests.
#ifdef EINET_TEST_ALL_SIZES
using ExactSizes = std::index_sequence<1, 2, 5, 8, 9, 16, 17, 33, 64>;
using FewExactSizes = std::index_sequence<1, 5, 8, 17, 33>;
#else
using ExactSizes =
    std::conditional_t<address_sanitized, std::index_sequence<5, 17>, std::index_sequence<1, 5, 16, 17, 64>>;
using FewExactSizes =
    std::conditional_t<address_sanitized, std::index_sequence<5>, std::index_sequence<1, 8, 33>>;
#endif

/// visit.operator()<N>() for each of the sizes.
template <class Visit, std::size_t... N>
void for_each_exact_size(std::index_sequence<N...>, Visit&& visit) {
  (visit.template operator()<N>(), ...);
}

}  // namespace einet::test

#pragma once
// When the outputs of a plan are ready. All of einet adds up times in this order:
//
// Seconds are added as a run spends them: to what has elapsed, conv part by conv part, each followed by its
// branch where that is run. A sum in another order differs in its last bits, which matters under a law with a
// step at the moment of an output (a deadline, say). With one order for all, expectation, searches,
// `TimeProfile::total` and a replay on the virtual clock agree on every moment to the last bit. And as
// rounding preserves order (if a <= b, then a + x <= b + x), a path through the network that is ahead of
// another stays ahead, whatever is added to both.

#include <einet/base/expect.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/time_profile.hpp>

#include <cstddef>

namespace einet {

namespace detail {

/// Calls visit(exit, seconds) for every output of `plan` from exit `first` on, where conv part `first` begins
/// `elapsed` seconds after the start.
template <std::size_t N, class Visit>
constexpr void for_each_output(const TimeProfile<N>& times, const ExitPlan<N>& plan, std::size_t first,
                               double elapsed, Visit&& visit) {
  for (std::size_t k = first; k < times.exit_count(); ++k) {
    elapsed += times.conv[k];
    if (!plan.contains(k)) continue;
    elapsed += times.branch[k];
    visit(k, elapsed);
  }
}

/// The same from the state of a problem.
template <std::size_t N, class Visit>
constexpr void for_each_output(const Problem<N>& problem, const ExitPlan<N>& plan, Visit&& visit) {
  for_each_output(problem.times, plan, problem.first, problem.elapsed, visit);
}

/// When conv parts `from` to `to`, begun at `time`, are done.
/// @pre to < times.exit_count()
template <std::size_t N>
[[nodiscard]] constexpr double arrival(const TimeProfile<N>& times, double time, std::size_t from,
                                       std::size_t to) noexcept {
  for (std::size_t k = from; k <= to; ++k) time += times.conv[k];
  return time;
}

}  // namespace detail

/// Seconds from now until the last output of `plan` is ready, in a run that goes on from the state of
/// `problem`; 0 if there is none to come. Added from 0 on, so that a late start costs no precision.
template <std::size_t N>
[[nodiscard]] constexpr double busy_seconds(const Problem<N>& problem, const ExitPlan<N>& plan) noexcept {
  double busy = 0;
  detail::for_each_output(problem.times, plan, problem.first, 0,
                          [&](std::size_t, double time) noexcept { busy = time; });
  return busy;
}

/// Seconds from the start until the output of `exit` is ready, in a run that goes on from the state of
/// `problem` and runs the exits of `plan` before it. `PointMass{output_time(times, plan, exit)}` is the
/// tightest deadline that this output meets.
/// @throws std::invalid_argument unless problem.first <= exit < problem.exit_count()
template <std::size_t N>
[[nodiscard]] constexpr double output_time(const Problem<N>& problem, const ExitPlan<N>& plan,
                                           std::size_t exit) {
  detail::expect(exit < problem.exit_count() && exit >= problem.first, "output_time", "exit", exit,
                 "an exit of the network that is still to come");
  ExitPlan<N> with_exit = plan;
  with_exit.insert(exit);
  double ready = 0;
  detail::for_each_output(problem.times, with_exit, problem.first, problem.elapsed,
                          [&](std::size_t k, double time) noexcept { ready = k == exit ? time : ready; });
  return ready;
}

/// The same for a whole run.
template <std::size_t N>
[[nodiscard]] constexpr double output_time(const TimeProfile<N>& times, const ExitPlan<N>& plan,
                                           std::size_t exit) {
  return output_time(Problem<N>{times}, plan, exit);
}

}  // namespace einet

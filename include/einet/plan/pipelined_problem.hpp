#pragma once
// What a search decides on where two cores work at a sample: one runs the conv parts, one after another, the
// other runs branches, one at a time, while the backbone goes on. It is a type of its own, so that a search
// for runs in turn, whose times add up otherwise, is refused by the compiler.
//
// Conv part k is done at a moment that no plan changes. Branch k begins once both the part and the branch
// before it are done:
//
//   ready_k = max(arrival_k, ready of the exit run before) + branch_k
//
// An output that is ready earlier delays nothing after it, so of two plans that lead to the same exit, the
// one that is ahead in time stays ahead. But what a branch delays depends on how late the branch core already
// is: the worth of a plan is no sum over pairs of exits, and the longest path of the uniform law does not
// hold.

#include <einet/base/expect.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/time_profile.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace einet {

/// Which exits from `first` on should run beside the backbone? Asked whenever the branch core is free: before
/// the start (first = 0, elapsed = 0) or after an output. Conv parts go on meanwhile, whatever the plan, so
/// that any number of them may be done. Worths, `in_hand`, `first`, `elapsed` and `price` as in Problem.
template <std::size_t N>
struct PipelinedProblem : ExitCount<N> {
  static constexpr std::size_t exits = N;

  constexpr PipelinedProblem() noexcept = default;
  explicit constexpr PipelinedProblem(ExitCount<N> counted) noexcept : ExitCount<N>(counted) {}

  /// [N] when each conv part is done, or was, in seconds since the inference began; never decreases. The
  /// moments of parts that are done do not matter, as long as they are not after `elapsed`.
  std::array<double, most_exits<N>> arrival{};
  std::array<double, most_exits<N>> branch{};      ///< [N] seconds of each branch
  std::array<float, most_exits<N>> confidences{};  ///< [N] worth of each exit's output
  float in_hand = 0;                               ///< worth of the answer in hand; 0 if there is none
  std::size_t first = 0;                           ///< first exit that can still be run, 0…N
  double elapsed = 0;                              ///< seconds since the inference began
  /// What a second costs for which the run holds the device, in worth: the time from `elapsed` until the last
  /// output is ready, not the sum of both cores' work. While a run lasts, no other sample can begin, and the
  /// task that waits for the device waits that long; this is what budgets and streams count as busy, too.
  double price = 0;
};

/// A problem in turn as one with two cores, the conv part `first` just begun, the branch core free.
template <std::size_t N>
[[nodiscard]] constexpr PipelinedProblem<N> pipelined(const Problem<N>& problem) noexcept {
  PipelinedProblem<N> beside{static_cast<const ExitCount<N>&>(problem.times)};
  double arrival = problem.elapsed;
  for (std::size_t k = 0; k < problem.exit_count(); ++k) {
    if (k >= problem.first) arrival += problem.times.conv[k];
    beside.arrival[k] = arrival;
  }
  beside.branch = problem.times.branch;
  beside.confidences = problem.confidences;
  beside.in_hand = problem.in_hand;
  beside.first = problem.first;
  beside.elapsed = problem.elapsed;
  beside.price = problem.price;
  return beside;
}

namespace detail {

/// When the output of `exit` is ready if the branch core is free from `free` on. All of einet adds in this
/// order, so that a run on the virtual clock agrees with every plan to the last bit.
template <std::size_t N>
[[nodiscard]] constexpr double ready_after(const PipelinedProblem<N>& problem, double free,
                                           std::size_t exit) noexcept {
  return (std::max)(problem.arrival[exit], free) + problem.branch[exit];
}

/// Calls visit(exit, seconds) for every output of `plan` from problem.first on.
template <std::size_t N, class Visit>
constexpr void for_each_output(const PipelinedProblem<N>& problem, const ExitPlan<N>& plan, Visit&& visit) {
  double free = problem.elapsed;
  for (std::size_t k = problem.first; k < problem.exit_count(); ++k) {
    if (!plan.contains(k)) continue;
    free = ready_after(problem, free, k);
    visit(k, free);
  }
}

}  // namespace detail

/// Seconds from now until the last output of `plan` is ready; 0 if there is none to come.
template <std::size_t N>
[[nodiscard]] constexpr double busy_seconds(const PipelinedProblem<N>& problem,
                                            const ExitPlan<N>& plan) noexcept {
  double last = problem.elapsed;
  detail::for_each_output(problem, plan, [&](std::size_t, double time) noexcept { last = time; });
  return last - problem.elapsed;
}

/// Seconds from the start until the output of `exit` is ready, in a run that goes on from the state of
/// `problem` and runs the exits of `plan` before it.
/// @throws std::invalid_argument unless problem.first <= exit < problem.exit_count()
template <std::size_t N>
[[nodiscard]] constexpr double output_time(const PipelinedProblem<N>& problem, const ExitPlan<N>& plan,
                                           std::size_t exit) {
  detail::expect(exit < problem.exit_count() && exit >= problem.first, "output_time", "exit", exit,
                 "an exit of the network that is still to come");
  ExitPlan<N> with_exit = plan;
  with_exit.insert(exit);
  double ready = 0;
  detail::for_each_output(problem, with_exit,
                          [&](std::size_t k, double time) noexcept { ready = k == exit ? time : ready; });
  return ready;
}

}  // namespace einet

#pragma once
// The expectation of a plan: paper, section V-A, Algorithm 1, from any state of a run and for any law.

#include <einet/base/assert.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/problem.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace einet {

/// Expected worth of the output in hand at the forced exit if `plan` is followed, given that the exit has not
/// come before `problem.elapsed`. Exits of `plan` before `problem.first` are ignored. The last output holds
/// to the end. Where the law leaves nothing after `elapsed`, it is the worth of the plan's last output.
template <std::size_t N, exit_time_law Law>
[[nodiscard]] double expectation(const Problem<N>& problem, const ExitPlan<N>& plan,
                                 const Law& law) noexcept {
  EINET_ASSERT(problem.first <= N);
  const double left = 1 - law.cdf(problem.elapsed);
  double time = problem.elapsed;
  double worth_in_hand = problem.in_hand;
  double sum = worth_in_hand * left;
  for (std::size_t k = problem.first; k < N; ++k) {
    time += problem.times.conv[k];
    if (!plan.contains(k)) continue;
    time += problem.times.branch[k];
    const double worth = problem.confidences[k];
    sum += (worth - worth_in_hand) * (1 - law.cdf(time));
    worth_in_hand = worth;
  }
  return left > 0 ? sum / left : worth_in_hand;
}

/// Which output is in hand at the forced exit: probability that it is none of the plan's ([N]) or that of
/// exit k ([k]), for a plan followed from the start.
template <std::size_t N, exit_time_law Law>
[[nodiscard]] std::array<double, N + 1> in_hand_shares(const TimeProfile<N>& times, const ExitPlan<N>& plan,
                                                       const Law& law) noexcept {
  std::array<double, N + 1> share{};
  double time = 0;
  double before = 0;
  std::size_t holder = N;
  for (std::size_t k = 0; k < N; ++k) {
    time += times.conv[k];
    if (!plan.contains(k)) continue;
    time += times.branch[k];
    const double now = law.cdf(time);
    share[holder] = now - before;
    before = now;
    holder = k;
  }
  share[holder] = 1 - before;
  return share;
}

}  // namespace einet

#pragma once
// The expectation of a plan, from any state of a run and under any law, less the price of the time it takes.
// Paper, section V-A, Algorithm 1, where time has no price.

#include <einet/base/assert.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/output_time.hpp>
#include <einet/plan/pipelined_problem.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/time_profile.hpp>

#include <array>
#include <cstddef>
#include <functional>

namespace einet {

namespace detail {

/// The expectation of a plan, without checks: for searches, whose worths are probabilities already.
/// @param read what a worth counts as
template <class AnyProblem, stop_law Law, class Read = std::identity>
[[nodiscard]] double sound_expectation(const AnyProblem& problem, const ExitPlan<AnyProblem::exits>& plan,
                                       const Law& law, Read read = {}) noexcept {
  const double survival = 1 - law.cdf(problem.elapsed);
  double worth_in_hand = read(problem.in_hand);
  double sum = worth_in_hand * survival;
  for_each_output(problem, plan, [&](std::size_t k, double time) noexcept {
    const double worth = read(problem.confidences[k]);
    sum += (worth - worth_in_hand) * (1 - law.cdf(time));
    worth_in_hand = worth;
  });
  const double worth = survival > 0 ? sum / survival : worth_in_hand;
  return problem.price > 0 ? worth - problem.price * busy_seconds(problem, plan) : worth;
}

}  // namespace detail

/// Expected worth of the answer in hand at the stop if `plan` is followed, given that the stop has not come
/// before `problem.elapsed`; less `problem.price` for every second from then until the plan's last output is
/// ready. Exits of `plan` before `problem.first` are ignored. The last output stays in hand to the end. Where
/// the law leaves nothing after `elapsed`, the worth is that of the plan's last output. Confidences are read
/// by `as_probability`, times are added as in `output_time`.
template <std::size_t N, stop_law Law>
[[nodiscard]] double expectation(const Problem<N>& problem, const ExitPlan<N>& plan,
                                 const Law& law) noexcept {
  EINET_ASSERT(problem.first <= problem.exit_count());
  return detail::sound_expectation(problem, plan, law, as_probability);
}

/// The same where branches run beside the backbone.
template <std::size_t N, stop_law Law>
[[nodiscard]] double expectation(const PipelinedProblem<N>& problem, const ExitPlan<N>& plan,
                                 const Law& law) noexcept {
  EINET_ASSERT(problem.first <= problem.exit_count());
  return detail::sound_expectation(problem, plan, law, as_probability);
}

/// Which output is in hand at the stop if `plan` is followed from the start: [k] is the probability that it
/// is the one of exit k, [times.exit_count()] that there is none yet.
template <std::size_t N, stop_law Law>
[[nodiscard]] std::array<double, most_exits<N> + 1> in_hand_shares(const TimeProfile<N>& times,
                                                                   const ExitPlan<N>& plan,
                                                                   const Law& law) noexcept {
  std::array<double, most_exits<N> + 1> share{};
  double before = 0;
  std::size_t holder = times.exit_count();
  detail::for_each_output(times, plan, 0, 0, [&](std::size_t k, double time) noexcept {
    const double now = law.cdf(time);
    share[holder] = now - before;
    before = now;
    holder = k;
  });
  share[holder] = 1 - before;
  return share;
}

}  // namespace einet

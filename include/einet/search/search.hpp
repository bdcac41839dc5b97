#pragma once
// The search concept: from a problem and a stop-time law, a plan. Paper, section V-B.

#include <einet/plan/exit_plan.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/pipelined_problem.hpp>
#include <einet/plan/problem.hpp>

#include <concepts>
#include <cstddef>
#include <limits>

namespace einet {

/// A plan and what it is worth.
template <std::size_t N>
struct Found {
  ExitPlan<N> plan;                                        ///< exits from the problem's `first` on
  double worth = 0;                                        ///< its expectation, less the price of its time
  bool optimal = false;                                    ///< whether it is known that no plan is worth more
  double bound = std::numeric_limits<double>::infinity();  ///< no plan is worth more than this
};

/// A search `S` for networks of N exits (or up to C) under `Law`. Among plans of equal worth it returns the
/// one that precedes all others (`ExitPlan::precedes`). It adds times as `output_time` does, and reads worths
/// by `as_probability`.
// clang-format off
template <class S, std::size_t N, class Law>
concept plan_search = std::copyable<S> && stop_law<Law> &&
    requires(const S& find, const Problem<N>& problem, const Law& law) {
  { find(problem, law) } noexcept -> std::same_as<Found<N>>;
};

/// The same where branches run beside the backbone. The paper's searches do not model it: their sums are those
/// of runs in turn.
template <class S, std::size_t N, class Law>
concept pipelined_search = std::copyable<S> && stop_law<Law> &&
    requires(const S& find, const PipelinedProblem<N>& problem, const Law& law) {
  { find(problem, law) } noexcept -> std::same_as<Found<N>>;
};
// clang-format on

namespace detail {

/// Worths that differ by less count as equal: they are sums of doubles in different orders.
inline constexpr double equal_worth = 1e-13;

/// What searches that cannot compare whole plans at every step charge for each exit: far more than rounding,
/// far less than matters, so that of plans of equal worth the one with fewer exits wins.
inline constexpr double exit_charge = 1e-12;

/// The same as `equal_worth` for worths less their charges: more than rounding, yet so much less than a
/// charge that plans of equal worth with different numbers of exits differ.
inline constexpr double equal_charged = exit_charge / 4;

/// Keeps the better of `best` and `plan`; at equal worth, the one that precedes.
/// @param equal what worths must differ by not to be equal
template <std::size_t N>
constexpr void offer(Found<N>& best, const ExitPlan<N>& plan, double worth,
                     double equal = equal_worth) noexcept {
  if (worth > best.worth + equal || (worth >= best.worth - equal && plan.precedes(best.plan))) {
    best.plan = plan;
    best.worth = worth;
  }
}

/// The best plan where the law leaves nothing: only its last output counts.
/// @param most largest number of exits in a plan
template <std::size_t N>
[[nodiscard]] constexpr Found<N> last_chance(const Problem<N>& problem,
                                             std::size_t most = most_exits<N>) noexcept {
  Found<N> best{{}, problem.in_hand, most >= problem.exit_count() - problem.first};
  double arrived = 0;
  for (std::size_t k = problem.first; k < problem.exit_count() && most > 0; ++k) {
    arrived += problem.times.conv[k];
    ExitPlan<N> single;
    single.insert(k);
    offer(best, single, problem.confidences[k] - problem.price * (arrived + problem.times.branch[k]));
  }
  return best;
}

}  // namespace detail

}  // namespace einet

#pragma once
// Greedy search: add the exit that helps most (or hurts least) until every exit is in, and return the best
// plan met on the way. Paper, section V-B.

#include <einet/plan/expectation.hpp>
#include <einet/search/search.hpp>

#include <cstddef>
#include <limits>

namespace einet {

namespace detail {

/// Adds exits to `plan` one by one, each time the best one, and offers every plan so made to `best`.
template <std::size_t N, exit_time_law Law>
void extend_greedily(const Problem<N>& problem, const Law& law, ExitPlan<N> plan, Found<N>& best) noexcept {
  for (std::size_t added = plan.count(); added < N - problem.first; ++added) {
    Found<N> step{{}, -std::numeric_limits<double>::infinity(), false};
    for (std::size_t k = problem.first; k < N; ++k) {
      if (plan.contains(k)) continue;
      ExitPlan<N> longer = plan;
      longer.insert(k);
      offer(step, longer, expectation(problem, longer, law));
    }
    plan = step.plan;
    offer(best, step.plan, step.worth);
  }
}

}  // namespace detail

/// The greedy half of Algorithm 2: n²/2 expectations. It misses plans that need two exits at once to be worth
/// it.
struct GreedySearch {
  template <std::size_t N, exit_time_law Law>
  [[nodiscard]] Found<N> operator()(const Problem<N>& problem, const Law& law) const noexcept {
    EINET_ASSERT(problem.first <= N);
    Found<N> best{{}, expectation(problem, ExitPlan<N>{}, law), problem.first == N};
    detail::extend_greedily(problem, law, ExitPlan<N>{}, best);
    return best;
  }
};

}  // namespace einet

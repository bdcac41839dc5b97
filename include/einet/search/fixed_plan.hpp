#pragma once
// A static plan in the place of a search, for comparison or when the best plan is known.

#include <einet/plan/exit_plan.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/pipelined_problem.hpp>
#include <einet/plan/problem.hpp>
#include <einet/search/search.hpp>

#include <cstddef>

namespace einet {

/// Always returns the same plan.
template <std::size_t N>
struct FixedPlan {
  ExitPlan<N> plan;

  template <stop_law Law>
  [[nodiscard]] Found<N> operator()(const Problem<N>& problem, const Law& law) const noexcept {
    return {plan, expectation(problem, plan, law), false};
  }
  template <stop_law Law>
  [[nodiscard]] Found<N> operator()(const PipelinedProblem<N>& problem, const Law& law) const noexcept {
    return {plan, expectation(problem, plan, law), false};
  }
};

}  // namespace einet

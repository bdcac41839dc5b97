#pragma once
// The confidence threshold of earlier multi-exit networks, as a search: runs every branch until an output is
// confident enough, then no more. Paper, section VI-B ("dynamic plans"), after BranchyNet.

#include <einet/base/floating.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/search/search.hpp>

#include <cstddef>

namespace einet {

/// Plans every exit to come while the answer in hand is worth less than `enough`, and none from then on.
struct ThresholdSearch {
  float enough = 0.5f;  ///< confidence from which on no branch is run, a probability

  template <std::size_t N, stop_law Law>
  [[nodiscard]] Found<N> operator()(const Problem<N>& problem, const Law& law) const noexcept {
    ExitPlan<N> plan;
    if (as_probability(problem.in_hand) < enough)
      for (std::size_t k = problem.first; k < problem.exit_count(); ++k) plan.insert(k);
    return {plan, expectation(problem, plan, law), false};
  }
};

}  // namespace einet

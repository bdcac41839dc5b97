#pragma once
// The search that does not search: a static plan, for comparison and for those who know what they want.

#include <einet/plan/expectation.hpp>
#include <einet/search/search.hpp>

#include <cstddef>

namespace einet {

/// Returns the same plan whatever has been seen.
template <std::size_t N>
struct FixedPlan {
  ExitPlan<N> plan;

  template <stop_law Law>
  [[nodiscard]] Found<N> operator()(const Problem<N>& problem, const Law& law) const noexcept {
    return {plan, expectation(problem, plan, law), false};
  }
};

}  // namespace einet

#pragma once
// How planners use a search.

#include <einet/search/search.hpp>

#include <cstddef>

namespace einet::detail {

/// The search's plan. If it is best to run nothing although there is no answer yet (every output would come
/// when the law leaves nothing, or time is dearer than any answer), the first exit of any worth is run
/// instead: the sample has been begun, and this exit is the likeliest to be in time if the law or the profile
/// is slightly wrong.
template <class AnyProblem, class Law, class Search>
[[nodiscard]] Found<AnyProblem::exits> planned(const AnyProblem& problem, const Law& law,
                                               const Search& search) noexcept {
  Found<AnyProblem::exits> found = search(problem, law);
  if (!found.optimal || !found.plan.empty() || problem.in_hand > 0) return found;
  for (std::size_t k = problem.first; k < problem.exit_count() && found.plan.empty(); ++k)
    if (problem.confidences[k] > 0) found.plan.insert(k);
  return found;
}

}  // namespace einet::detail

#pragma once
// How far a search falls short of the optimum, and how long it takes.

#include <einet/plan/expectation.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/problem.hpp>
#include <einet/run/clock.hpp>
#include <einet/search/exact.hpp>
#include <einet/search/search.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace einet::eval {

/// The score of a search on a set of problems.
struct SearchScore {
  double mean = 0;      ///< expectation
  double mean_gap = 0;  ///< to the optimum
  double worst_gap = 0;
  double seconds = 0;  ///< per search, mean over the problems in the fastest pass
};

/// Worth of the best plan for every problem, each under its own law.
/// @param laws as many as problems
template <std::size_t N, stop_law Law>
[[nodiscard]] std::vector<double> optimal_worths(std::span<const Problem<N>> problems,
                                                 std::span<const Law> laws) {
  std::vector<double> worth;
  for (std::size_t i = 0; i < problems.size(); ++i)
    worth.push_back(ExactSearch{}(problems[i], laws[i]).worth);
  return worth;
}

/// Searches all problems `passes` times.
/// @param laws, optimum as many as problems, at least one
/// @param passes >= 1
template <std::size_t N, stop_law Law, plan_search<N, Law> Search>
[[nodiscard]] SearchScore score_search(std::span<const Problem<N>> problems, std::span<const Law> laws,
                                       std::span<const double> optimum, const Search& search,
                                       int passes = 5) {
  SearchScore score;
  std::vector<Found<N>> found(problems.size());
  double fastest = std::numeric_limits<double>::infinity();
  for (int pass = 0; pass < passes; ++pass) {
    const double start = SteadyClock::now();
    for (std::size_t i = 0; i < problems.size(); ++i) found[i] = search(problems[i], laws[i]);
    fastest = (std::min)(fastest, SteadyClock::now() - start);
  }
  const auto count = static_cast<double>(problems.size());
  for (std::size_t i = 0; i < problems.size(); ++i) {
    const double worth = expectation(problems[i], found[i].plan, laws[i]);
    score.mean += worth / count;
    score.mean_gap += (optimum[i] - worth) / count;
    score.worst_gap = (std::max)(score.worst_gap, optimum[i] - worth);
  }
  score.seconds = fastest / count;
  return score;
}

}  // namespace einet::eval

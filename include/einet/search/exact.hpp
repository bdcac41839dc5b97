#pragma once
// Exact search: the plan of the highest expectation, for any exit-time law. The paper (section V-B) takes it
// for exponential and settles for a heuristic.

#include <einet/plan/expectation.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/search/label_search.hpp>
#include <einet/search/longest_path.hpp>
#include <einet/search/search.hpp>

#include <concepts>
#include <cstddef>

namespace einet {

/// The best of all plans: by longest paths under the uniform law, by labels under any other. Labels live in a
/// fixed pool on the stack; should it overflow, the best plan met so far is returned with `optimal = false`.
/// @tparam Labels capacity of the pool
template <std::size_t Labels>
struct BasicExactSearch {
  template <std::size_t N, exit_time_law Law>
  [[nodiscard]] Found<N> operator()(const Problem<N>& problem, const Law& law) const noexcept {
    EINET_ASSERT(problem.first <= N);
    Found<N> found;
    if (!(1 - law.cdf(problem.elapsed) > 0)) {
      found = last_chance(problem);
    } else if constexpr (std::same_as<Law, Uniform>) {
      found = detail::longest_path(problem, law.horizon() - problem.elapsed);
    } else {
      found = detail::LabelSearch<Labels, N, Law>{problem, law, first_guess(problem, law)}.run();
    }
    found.worth = expectation(problem, found.plan, law);
    return found;
  }

 private:
  /// The best plan if the exit were as likely at every moment that the rest of the network takes.
  template <std::size_t N, class Law>
  static Found<N> first_guess(const Problem<N>& problem, const Law& law) noexcept {
    double rest = 0;
    for (std::size_t k = problem.first; k < N; ++k) rest += problem.times.conv[k] + problem.times.branch[k];
    Found<N> guess;
    if (rest > 0) guess.plan = detail::longest_path(problem, rest).plan;
    guess.worth = expectation(problem, guess.plan, law);
    return guess;
  }

  /// Nothing is left of the law: what counts is the last output alone.
  template <std::size_t N>
  static Found<N> last_chance(const Problem<N>& problem) noexcept {
    Found<N> best{{}, problem.in_hand, true};
    for (std::size_t k = problem.first; k < N; ++k)
      detail::offer(best, ExitPlan<N>{k}, static_cast<double>(problem.confidences[k]));
    return best;
  }
};

/// The default search; its pool is 50 KB for up to 64 exits.
using ExactSearch = BasicExactSearch<2048>;

}  // namespace einet

#pragma once
// Exact search: the plan of the highest expectation, for any exit-time law. The paper (section V-B) takes it
// for exponential and settles for a heuristic.

#include <einet/plan/expectation.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/search/greedy.hpp>
#include <einet/search/label_search.hpp>
#include <einet/search/longest_path.hpp>
#include <einet/search/search.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>

namespace einet {

/// The best of all plans: by longest paths under the uniform law, by labels under any other. Labels live in a
/// fixed pool on the stack; should it overflow, the best plan met so far is returned with `optimal = false`,
/// and `bound` says how much better another one could be at most.
/// @tparam Labels capacity of the pool
template <std::size_t Labels, class Arch = simd::default_arch>
struct BasicExactSearch {
  template <std::size_t N, exit_time_law Law>
  [[nodiscard]] Found<N> operator()(const Problem<N>& problem, const Law& law) const noexcept {
    EINET_ASSERT(problem.first <= N);
    Found<N> found{{}, 0, true};
    if (!(1 - law.cdf(problem.elapsed) > 0))
      found.plan = last_chance(problem);
    else if constexpr (std::same_as<Law, Uniform>)
      found.plan = detail::longest_path<Arch>(problem, law.horizon() - problem.elapsed);
    else
      found = by_labels(problem, law);
    found.worth = expectation(problem, found.plan, law);
    found.bound = found.optimal ? found.worth : (std::max)(found.worth, found.bound);
    return found;
  }

 private:
  template <std::size_t N, class Law>
  static Found<N> by_labels(const Problem<N>& problem, const Law& law) noexcept {
    Found<N> found = detail::LabelSearch<Labels, N, Law, Arch>{problem, law}.run();
    if (found.optimal) return found;
    // What is missing may be what others find.
    Found<N> other = BasicGreedySearch<Arch>{}(problem, law);
    const ExitPlan<N> even = detail::longest_path<Arch>(problem, problem.rest());
    detail::offer(other, even, expectation(problem, even, law));
    detail::offer(found, other.plan, other.worth);
    return found;
  }

  /// Nothing is left of the law: what counts is the last output alone.
  template <std::size_t N>
  static ExitPlan<N> last_chance(const Problem<N>& problem) noexcept {
    Found<N> best{{}, problem.in_hand};
    for (std::size_t k = problem.first; k < N; ++k)
      detail::offer(best, ExitPlan<N>{k}, static_cast<double>(problem.confidences[k]));
    return best.plan;
  }
};

/// The default search; for up to 64 exits it takes 130 KB of the stack.
using ExactSearch = BasicExactSearch<2048>;

}  // namespace einet

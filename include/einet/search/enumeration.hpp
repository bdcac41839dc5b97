#pragma once
// Enumeration: the best of all plans with at most m exits. Paper, section V-B, line 1 of Algorithm 2.

#include <einet/plan/expectation.hpp>
#include <einet/search/search.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>

namespace einet {

namespace detail {

/// A plan under construction, with Algorithm 1 carried along: every extension costs one look at the law.
template <std::size_t N>
struct Prefix {
  ExitPlan<N> plan;
  double time;     ///< when its last output is ready
  double in_hand;  ///< worth of its last output
  double sum;      ///< expectation · P(no exit before now)
};

template <std::size_t N, exit_time_law Law>
void enumerate(const Problem<N>& problem, const Law& law, double left, const Prefix<N>& prefix,
               std::size_t from, std::size_t exits_left, Found<N>& best) noexcept {
  offer(best, prefix.plan, left > 0 ? prefix.sum / left : prefix.in_hand);
  if (exits_left == 0) return;
  double time = prefix.time;
  for (std::size_t k = from; k < N; ++k) {
    time += problem.times.conv[k];
    const double worth = problem.confidences[k];
    Prefix<N> longer{prefix.plan, time + problem.times.branch[k], worth, prefix.sum};
    longer.plan.insert(k);
    longer.sum += (worth - prefix.in_hand) * (1 - law.cdf(longer.time));
    enumerate(problem, law, left, longer, k + 1, exits_left - 1, best);
  }
}

}  // namespace detail

/// Tries every plan with at most `most` exits: C(n, 0) + … + C(n, most) expectations.
struct EnumerationSearch {
  std::size_t most = (std::numeric_limits<std::size_t>::max)();  ///< exits in a plan; all 2ⁿ plans by default

  template <std::size_t N, exit_time_law Law>
  [[nodiscard]] Found<N> operator()(const Problem<N>& problem, const Law& law) const noexcept {
    EINET_ASSERT(problem.first <= N);
    const double left = 1 - law.cdf(problem.elapsed);
    const double in_hand = problem.in_hand;
    Found<N> best{{}, in_hand, most >= N - problem.first};
    detail::enumerate(problem, law, left, detail::Prefix<N>{{}, problem.elapsed, in_hand, in_hand * left},
                      problem.first, most, best);
    return best;
  }
};

}  // namespace einet

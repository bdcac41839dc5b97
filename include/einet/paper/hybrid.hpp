#pragma once
// Hybrid search: the paper's Algorithm 2. The paper does not initialise P'; here it is the enumerated
// optimum.

#include <einet/paper/enumeration.hpp>
#include <einet/paper/greedy.hpp>

#include <cstddef>

namespace einet {

/// Starts from the best of all plans with at most `enumerated` exits, adds exits greedily until every exit is
/// in, and returns the best plan on the way.
/// @tparam Executor of the enumeration
template <class Arch = simd::default_arch, task_executor Executor = Serial>
struct BasicHybridSearch {
  std::size_t enumerated = 4;  ///< m of Algorithm 2: exits in the enumerated plans
  bool prune = true;           ///< as that of BasicEnumerationSearch: the plan found is the same
  [[no_unique_address]] Executor run = {};

  template <std::size_t N, stop_law Law>
  [[nodiscard]] Found<N> operator()(const Problem<N>& problem, const Law& law) const noexcept {
    return detail::on_probabilities(problem,
                                    [&](const Problem<N>& sound) noexcept { return find(sound, law); });
  }

 private:
  template <std::size_t N, class Law>
  [[nodiscard]] Found<N> find(const Problem<N>& problem, const Law& law) const noexcept {
    Found<N> best = BasicEnumerationSearch<Arch, Executor>{enumerated, prune, run}(problem, law);
    if (!best.optimal) detail::extend_greedily<Arch>(problem, law, ExitPlan<N>{best.plan}, best);
    return best;
  }
};

/// Hybrid search for the processor that it is compiled for.
using HybridSearch = BasicHybridSearch<>;

}  // namespace einet

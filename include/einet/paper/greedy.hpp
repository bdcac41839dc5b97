#pragma once
// Greedy search: adds the exit that helps most (or hurts least) until every exit is in the plan, and returns
// the best plan on the way. Paper, section V-B.

#include <einet/paper/greedy_steps.hpp>
#include <einet/paper/uniform_increments.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/search/search.hpp>

#include <concepts>
#include <cstddef>

namespace einet {

namespace detail {

/// Adds the best exit to `plan` again and again, and offers every such plan to `best`.
template <class Arch, std::size_t N, stop_law Law>
void extend_greedily(const Problem<N>& problem, const Law& law, ExitPlan<N> plan, Found<N>& best) noexcept {
  if constexpr (std::same_as<Law, Uniform>) {
    if (UniformIncrements<N, Arch>::applies(problem, law)) {
      UniformIncrements<N, Arch> growing(problem, law);
      for (auto k = plan.next(problem.first); k; k = plan.next(*k + 1)) growing.insert(*k);
      ExitPlan<N> highest = growing.plan();
      double worth = growing.worth();
      while (const auto k = growing.best_addition()) {
        growing.insert(*k);
        if (growing.worth() <= worth + growing.equal()) continue;  // equal up to rounding: prefer fewer exits
        worth = growing.worth();
        highest = growing.plan();
      }
      return offer(best, highest, sound_expectation(problem, highest, law));
    }
  }
  const GreedySteps<N, Law, Arch> steps(problem, law);
  for (std::size_t added = plan.count(); added < problem.exit_count() - problem.first; ++added) {
    const Found<N> step = steps.step(plan);
    plan = step.plan;
    offer(best, step.plan, step.worth);
  }
}

}  // namespace detail

/// The greedy half of Algorithm 2: n²/2 expectations. Misses plans in which two exits pay off only together.
template <class Arch = simd::default_arch>
struct BasicGreedySearch {
  template <std::size_t N, stop_law Law>
  [[nodiscard]] Found<N> operator()(const Problem<N>& problem, const Law& law) const noexcept {
    return detail::on_probabilities(problem,
                                    [&](const Problem<N>& sound) noexcept { return find(sound, law); });
  }

 private:
  template <std::size_t N, class Law>
  [[nodiscard]] Found<N> find(const Problem<N>& problem, const Law& law) const noexcept {
    Found<N> best{
        {}, detail::sound_expectation(problem, ExitPlan<N>{}, law), problem.first == problem.exit_count()};
    detail::extend_greedily<Arch>(problem, law, ExitPlan<N>{}, best);
    return best;
  }
};

/// Greedy search for the processor that it is compiled for.
using GreedySearch = BasicGreedySearch<>;

}  // namespace einet

#pragma once
// Exact search: the plan of the highest expectation, for any exit-time law. The paper (section V-B) takes it
// for exponential and settles for a heuristic.

#include <einet/plan/expectation.hpp>
#include <einet/plan/point_mass.hpp>
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
/// pool of fixed size on the stack; should it overflow, the best plan met so far is returned with
/// `optimal = false`, and `bound` says how much better another one could be at most.
/// @tparam Labels capacity of the pool; 0: by the number of exits, see `labels`
template <std::size_t Labels = 0, class Arch = simd::default_arch>
struct BasicExactSearch {
  /// Capacity of the pool for N exits. By default 3·N², at most 2,048.
  template <std::size_t N>
  static constexpr std::size_t labels = Labels > 0 ? Labels : detail::usual_labels<N>;

  /// Bytes of the stack that a search among N exits takes at most, whatever the law: the thread that plans
  /// must have them to spare.
  template <std::size_t N>
  static constexpr std::size_t stack_bytes = sizeof(detail::LabelSearch<labels<N>, N, PointMass, Arch>) +
                                             512 * N + 12288;

  template <std::size_t N, exit_time_law Law>
  [[nodiscard]] Found<N> operator()(const Problem<N>& problem, const Law& law) const noexcept {
    EINET_ASSERT(problem.first <= N);
    return detail::on_probabilities(problem,
                                    [&](const Problem<N>& sound) noexcept { return find(sound, law); });
  }

 private:
  template <std::size_t N, class Law>
  [[nodiscard]] Found<N> find(const Problem<N>& problem, const Law& law) const noexcept {
    Found<N> found{{}, 0, true};
    if (!(1 - law.cdf(problem.elapsed) > 0))
      found.plan = last_chance(problem);
    else if constexpr (std::same_as<Law, Uniform>)
      found.plan = detail::longest_path<Arch>(problem, law.horizon() - problem.elapsed);
    else
      found = by_labels(problem, law);
    found.worth = detail::sound_expectation(problem, found.plan, law);
    found.bound = found.optimal ? found.worth : (std::max)(found.worth, found.bound);
    return found;
  }

  template <std::size_t N, class Law>
  static Found<N> by_labels(const Problem<N>& problem, const Law& law) noexcept {
    Found<N> found = detail::LabelSearch<labels<N>, N, Law, Arch>{problem, law}.run();
    if (found.optimal) return found;
    // What is missing may be what others find.
    Found<N> other = BasicGreedySearch<Arch>{}(problem, law);
    if (const double rest = problem.rest(); rest > 0) {
      const ExitPlan<N> even = detail::longest_path<Arch>(problem, rest);
      detail::offer(other, even, detail::sound_expectation(problem, even, law));
    }
    detail::offer(found, other.plan, other.worth);
    return found;
  }

  /// Nothing is left of the law: what counts is the last output alone.
  template <std::size_t N>
  static ExitPlan<N> last_chance(const Problem<N>& problem) noexcept {
    Found<N> best{{}, problem.in_hand};
    detail::offer_single_exits(problem, best);
    return best.plan;
  }
};

/// The default search.
using ExactSearch = BasicExactSearch<>;

}  // namespace einet

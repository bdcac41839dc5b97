#pragma once
// Exact search: the plan with the highest expectation, under any stop-time law. The paper (section V-B)
// considers this exponential and uses a heuristic.

#include <einet/base/lanes.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/pipelined_problem.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/search/label_search.hpp>
#include <einet/search/longest_path.hpp>
#include <einet/search/pipelined_search.hpp>
#include <einet/search/search.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <initializer_list>

namespace einet {

/// Finds the best of all plans: by longest paths under the uniform law, by labels under any other. Labels
/// live in a pool of fixed size on the stack. If it overflows, the best plan found so far is returned with
/// `optimal = false`, and no plan is worth more than `bound`.
/// @tparam Labels capacity of the pool; 0: depends on the number of exits, see `labels`
template <std::size_t Labels = 0, class Arch = simd::default_arch>
struct BasicExactSearch {
  /// Capacity of the pool for N exits: by default 3·N², at most 2,048. Where N is up_to(C), for C of them; as
  /// many are used as for the exact number.
  template <std::size_t N>
  static constexpr std::size_t labels = Labels > 0 ? Labels : detail::usual_labels(most_exits<N>);

  /// Bytes of stack that a search over N exits needs at most, under any law, on the planning thread: the
  /// labels and their bounds, the arrays of longest paths, and 12 KB for the frames of all calls.
  template <std::size_t N>
  static constexpr std::size_t stack_bytes = sizeof(detail::LabelSearch<Labels, N, Uniform, Arch>) +
                                             512 * most_exits<N> + 12288;

  template <std::size_t N, stop_law Law>
  [[nodiscard]] Found<N> operator()(const Problem<N>& problem, const Law& law) const noexcept {
    return detail::on_probabilities(problem,
                                    [&](const Problem<N>& sound) noexcept { return find(sound, law); });
  }

  /// The same where branches run beside the backbone: by labels under every law.
  template <std::size_t N, stop_law Law>
  [[nodiscard]] Found<N> operator()(const PipelinedProblem<N>& problem, const Law& law) const noexcept {
    return detail::on_probabilities(
        problem, [&](const PipelinedProblem<N>& sound) noexcept { return find(sound, law); });
  }

 private:
  template <std::size_t N, class Law>
  [[nodiscard]] Found<N> find(const Problem<N>& problem, const Law& law) const noexcept {
    Found<N> found{{}, 0, true};
    if (!(1 - law.cdf(problem.elapsed) > 0))
      found.plan = detail::last_chance(problem).plan;
    else if constexpr (std::same_as<Law, Uniform>)
      found.plan = detail::longest_path<Arch>(problem, law.horizon() - problem.elapsed);
    else
      found = by_labels(problem, law);
    return valued(problem, law, found);
  }

  template <std::size_t N, class Law>
  [[nodiscard]] Found<N> find(const PipelinedProblem<N>& problem, const Law& law) const noexcept {
    Found<N> found{{}, 0, true};
    if (!(1 - law.cdf(problem.elapsed) > 0)) {
      found.plan = detail::last_chance(problem).plan;
    } else {
      const std::size_t room = Labels > 0 ? Labels : detail::usual_labels(problem.exit_count());
      found = detail::PipelinedSearch<labels<N>, N, Law>{problem, law, room}.run();
      if (!found.optimal) look_nearby(problem, law, found, {found.plan, ExitPlan<N>{}});
    }
    return valued(problem, law, found);
  }

  /// What was found, with its worth as `expectation` gives it.
  template <class AnyProblem, std::size_t N, class Law>
  static Found<N> valued(const AnyProblem& problem, const Law& law, Found<N> found) noexcept {
    found.worth = detail::sound_expectation(problem, found.plan, law);
    found.bound = found.optimal ? found.worth : (std::max)(found.worth, found.bound);
    return found;
  }

  template <std::size_t N, class Law>
  static Found<N> by_labels(const Problem<N>& problem, const Law& law) noexcept {
    Found<N> found = detail::LabelSearch<Labels, N, Law, Arch>{problem, law}.run();
    if (found.optimal) return found;
    // A better plan may be near the best found so far, near the best one under a uniform law, or near none.
    const double rest = problem.rest();
    const ExitPlan<N> uniform = rest > 0 ? detail::longest_path<Arch>(problem, rest) : ExitPlan<N>{};
    look_nearby(problem, law, found, {found.plan, uniform, ExitPlan<N>{}});
    return found;
  }

  /// Offers the best plan that is near one of these.
  template <class AnyProblem, std::size_t N, class Law>
  static void look_nearby(const AnyProblem& problem, const Law& law, Found<N>& found,
                          std::initializer_list<ExitPlan<N>> starts) noexcept {
    for (const ExitPlan<N>& start : starts) {
      Found<N> nearby{start, detail::sound_expectation(problem, start, law)};
      flip_exits(problem, law, nearby);
      detail::offer(found, nearby.plan, nearby.worth);
    }
  }

  /// Exit by exit, runs what was skipped or skips what was run, where that is worth more; at most four times.
  template <class AnyProblem, std::size_t N, class Law>
  static void flip_exits(const AnyProblem& problem, const Law& law, Found<N>& found) noexcept {
    double before = -1;
    for (int round = 0; round < 4 && found.worth > before; ++round) {
      before = found.worth;
      for (std::size_t k = problem.first; k < problem.exit_count(); ++k) {
        ExitPlan<N> flipped = found.plan;
        if (flipped.contains(k))
          flipped.erase(k);
        else
          flipped.insert(k);
        detail::offer(found, flipped, detail::sound_expectation(problem, flipped, law));
      }
    }
  }
};

/// The default search.
using ExactSearch = BasicExactSearch<>;

}  // namespace einet

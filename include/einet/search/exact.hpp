#pragma once
// Exact search under the uniform law, in O(n³) where the paper (section V-B) expects 2ⁿ.
//
// Only plans whose confidences rise strictly, from the answer in hand on, need be looked at: dropping
// together all exits that do not exceed what came before them never loses. Once the last exit L is fixed,
// every branch run before it delays the last answer by its own time, at a price of c_L a second, so that the
// expectation splits into a sum over consecutive exits: a longest path.

#include <einet/plan/expectation.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/search/search.hpp>

#include <array>
#include <cstddef>

namespace einet {

/// The plan of the highest expectation under the uniform law.
struct ExactSearch {
  template <std::size_t N>
  [[nodiscard]] Found<N> operator()(const Problem<N>& problem, const Uniform& law) const noexcept {
    EINET_ASSERT(problem.first <= N);
    const double left = law.horizon() - problem.elapsed;
    Found<N> found = left > 0 ? longest_path(problem, left) : last_chance(problem);
    found.worth = expectation(problem, found.plan, law);
    found.optimal = true;
    return found;
  }

 private:
  /// The best rising way to an exit, in seconds times confidence, up to the moment its output is ready.
  template <std::size_t N>
  struct Path {
    ExitPlan<N> plan;
    double value;
  };

  template <std::size_t N>
  static Found<N> longest_path(const Problem<N>& problem, double left) noexcept {
    const auto& [conv, branch] = problem.times;
    std::array<double, N> reach{};  // seconds of conv parts from `first` to k
    double sum = 0;
    for (std::size_t k = problem.first; k < N; ++k) reach[k] = sum += conv[k];

    Found<N> best{{}, problem.in_hand * left, true};
    for (std::size_t last = problem.first; last < N; ++last) {
      const double price = problem.confidences[last];
      if (!(price > problem.in_hand)) continue;
      std::array<Path<N>, N> paths;
      for (std::size_t j = problem.first; j <= last; ++j) {
        const double worth = problem.confidences[j];
        if (!(worth > problem.in_hand) || (worth >= price && j != last)) continue;
        const double delay = price * branch[j];
        paths[j] = {{}, problem.in_hand * (reach[j] + branch[j]) - delay};
        for (std::size_t i = problem.first; i < j; ++i) {
          const double before = problem.confidences[i];
          if (!(before > problem.in_hand && before < worth)) continue;
          const double value = paths[i].value + before * (reach[j] - reach[i] + branch[j]) - delay;
          if (value > paths[j].value || (value == paths[j].value && paths[i].plan.precedes(paths[j].plan)))
            paths[j] = {paths[i].plan, value};
        }
        paths[j].plan.insert(j);
      }
      detail::offer(best, paths[last].plan, paths[last].value + price * (left - reach[last]));
    }
    return best;
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

}  // namespace einet

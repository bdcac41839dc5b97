#pragma once
// The best plan under the uniform law as a longest path, in O(n³) where the paper (section V-B) expects 2ⁿ.
//
// Only plans whose confidences rise strictly, from the answer in hand on, need be looked at: dropping
// together all exits that do not exceed what came before them never loses. Once the last exit L is fixed,
// every branch run before it delays the last answer by its own time, at a price of c_L a second, so that the
// expectation splits into a sum over consecutive exits.

#include <einet/search/search.hpp>

#include <array>
#include <cstddef>

namespace einet::detail {

/// The best rising way to an exit, in seconds times confidence, up to the moment its output is ready.
template <std::size_t N>
struct Path {
  ExitPlan<N> plan;
  double value;
};

/// The best plan if every moment of the next `left` seconds is equally likely; `worth` in confidence ·
/// seconds.
/// @pre left > 0
template <std::size_t N>
[[nodiscard]] Found<N> longest_path(const Problem<N>& problem, double left) noexcept {
  const auto& [conv, branch] = problem.times;
  std::array<double, N> reach{};  // seconds of conv parts from `first` to k
  double sum = 0;
  for (std::size_t k = problem.first; k < N; ++k) reach[k] = sum += conv[k];

  const double in_hand = problem.in_hand;
  Found<N> best{{}, in_hand * left, true};
  for (std::size_t last = problem.first; last < N; ++last) {
    const double price = problem.confidences[last];
    if (!(price > in_hand)) continue;
    std::array<Path<N>, N> paths;
    for (std::size_t j = problem.first; j <= last; ++j) {
      const double worth = problem.confidences[j];
      if (!(worth > in_hand) || (worth >= price && j != last)) continue;
      const double delay = price * branch[j];
      paths[j] = {{}, in_hand * (reach[j] + branch[j]) - delay};
      for (std::size_t i = problem.first; i < j; ++i) {
        const double before = problem.confidences[i];
        if (!(before > in_hand && before < worth)) continue;
        const double value = paths[i].value + before * (reach[j] - reach[i] + branch[j]) - delay;
        if (value > paths[j].value || (value == paths[j].value && paths[i].plan.precedes(paths[j].plan)))
          paths[j] = {paths[i].plan, value};
      }
      paths[j].plan.insert(j);
    }
    offer(best, paths[last].plan, paths[last].value + price * (left - reach[last]));
  }
  return best;
}

}  // namespace einet::detail

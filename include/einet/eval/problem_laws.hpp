#pragma once
// The same law for many problems: for each, over the total of its own times.

#include <einet/plan/piecewise_linear.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/truncated_gaussian.hpp>
#include <einet/plan/uniform.hpp>

#include <cstddef>
#include <vector>

namespace einet::eval {

/// For each problem, the uniform law up to its total time.
template <std::size_t N>
[[nodiscard]] std::vector<Uniform> uniform_laws(const std::vector<Problem<N>>& problems) {
  std::vector<Uniform> laws;
  for (const Problem<N>& problem : problems) laws.emplace_back(problem.times.total());
  return laws;
}

/// Gaussian laws around the middle, tabulated, as an expectation over many searches takes.
/// @param deviation as a share of the total
template <std::size_t N>
[[nodiscard]] std::vector<PiecewiseLinear> gaussian_laws(const std::vector<Problem<N>>& problems,
                                                         double deviation) {
  std::vector<PiecewiseLinear> laws;
  for (const Problem<N>& problem : problems) {
    const double total = problem.times.total();
    laws.push_back(tabulated(TruncatedGaussian::of_horizon(0.5, deviation).over(total), total));
  }
  return laws;
}

}  // namespace einet::eval

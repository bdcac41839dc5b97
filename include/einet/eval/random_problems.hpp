#pragma once
// Seeded random planning problems on which searches are compared: confidences that rise with noise, and conv
// parts and branches of random cost, as in a fine-grained network.

#include <einet/plan/exits.hpp>
#include <einet/plan/problem.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace einet::eval {

/// One problem before the start of a run.
/// @param noise standard deviation of the confidences around their rise
/// @param exits how many, if that is known only at run time
template <std::size_t N>
[[nodiscard]] Problem<N> random_problem(std::mt19937_64& random, double noise = 0.03,
                                        ExitCount<N> exits = {}) {
  const std::size_t n = exits.exit_count();
  std::uniform_real_distribution<double> unit(0, 1);
  std::normal_distribution<double> normal(0, noise);
  Problem<N> problem{TimeProfile<N>(exits)};
  const double first = 0.15 + 0.25 * unit(random);
  const double last = first + (0.97 - first) * (0.3 + 0.7 * unit(random));
  const double bend = 0.4 + 0.8 * unit(random);  // below 1 the first exits gain most
  const double branch_share = 0.1 + 0.4 * unit(random);
  for (std::size_t k = 0; k < n; ++k) {
    const double depth = (static_cast<double>(k) + 1) / static_cast<double>(n);
    const double confidence = first + (last - first) * std::pow(depth, bend) + normal(random);
    problem.confidences[k] = static_cast<float>((std::clamp)(confidence, 0.0, 1.0));
    problem.times.conv[k] = 1e-3 * (0.5 + unit(random));
    problem.times.branch[k] = branch_share * 1e-3 * (0.5 + unit(random));
  }
  return problem;
}

/// As many problems as `count`, the same for the same seed.
template <std::size_t N>
[[nodiscard]] std::vector<Problem<N>> random_problems(std::size_t count, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::vector<Problem<N>> problems;
  for (std::size_t k = 0; k < count; ++k) problems.push_back(random_problem<N>(random));
  return problems;
}

}  // namespace einet::eval

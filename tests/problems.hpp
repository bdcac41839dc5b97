#pragma once
// Seeded random planning problems of several kinds: confidences that rise, rise with noise, fall, are all
// equal, are clipped at 1 or stay the same for several exits; branches of equal, random or no cost, and conv
// parts that cost nothing; before the start and in mid-run; with time free, cheap, dear or beyond price.

#include <einet/plan/problem.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

namespace einet::test {

enum class Confidences { rising, noisy, falling, equal, clipped, plateaus };
enum class Branches { alike, random, free, idle };

inline constexpr Confidences all_confidences[] = {Confidences::rising, Confidences::noisy,
                                                  Confidences::falling, Confidences::equal};
inline constexpr Branches all_branches[] = {Branches::alike, Branches::random, Branches::free};

// Also the kinds in which most plans tie: a heuristic that breaks ties by rounding ends elsewhere.
inline constexpr Confidences even_tying_confidences[] = {Confidences::rising,  Confidences::noisy,
                                                         Confidences::falling, Confidences::equal,
                                                         Confidences::clipped, Confidences::plateaus};
inline constexpr Branches even_idle_branches[] = {Branches::alike, Branches::random, Branches::free,
                                                  Branches::idle};

/// 0 in half of the cases, else a price of all of `total` seconds from a hundredth to ten thousand.
inline double random_price(std::mt19937_64& random, double total) {
  std::uniform_real_distribution<double> magnitude(-2, 1.5);
  if (random() % 2 == 0 || !(total > 0)) return 0;
  return std::pow(10, random() % 16 == 0 ? 4 : magnitude(random)) / total;
}

/// One problem; `mid_run` starts it after a random exit, at a random moment that may be later than in the
/// profile (a slow run), with an answer in hand.
template <std::size_t N>
Problem<N> random_problem(std::mt19937_64& random, Confidences kind, Branches cost, bool mid_run) {
  std::uniform_real_distribution<double> unit(0, 1);
  Problem<N> problem;
  const double low = 0.1 + 0.4 * unit(random);
  const double high = low + (0.95 - low) * unit(random);
  const double all = unit(random);
  const double common = 1e-3 * unit(random);
  const std::size_t busy = cost == Branches::idle ? static_cast<std::size_t>(random() % N) : 0;
  for (std::size_t k = 0; k < N; ++k) {
    problem.times.conv[k] = 1e-4 + 1e-3 * unit(random);
    problem.times.branch[k] = cost == Branches::alike  ? common
                              : cost != Branches::free ? 1e-3 * unit(random)
                                                       : 0;
    if (cost == Branches::idle && k != busy && unit(random) < 0.5)
      problem.times.conv[k] = problem.times.branch[k] = 0;
    const double depth = (static_cast<double>(k) + 1) / static_cast<double>(N);
    double c = low + (high - low) * depth;
    if (kind == Confidences::noisy) c += 0.2 * (unit(random) - 0.5);
    if (kind == Confidences::falling) c = high - (high - low) * depth + 0.02 * (unit(random) - 0.5);
    if (kind == Confidences::equal) c = all;
    if (kind == Confidences::clipped) c = low + (1.5 - low) * depth + 0.1 * (unit(random) - 0.5);
    if (kind == Confidences::plateaus)
      c = low + (high - low) * std::floor((static_cast<double>(k) + 2) / 3) * 3 / static_cast<double>(N);
    problem.confidences[k] = static_cast<float>((std::clamp)(c, 0.0, 1.0));
  }
  if (mid_run) {
    problem.first = 1 + static_cast<std::size_t>(unit(random) * static_cast<double>(N));
    problem.first = (std::min)(problem.first, N);
    for (std::size_t k = 0; k < problem.first; ++k)
      problem.elapsed += problem.times.conv[k] + problem.times.branch[k] * (unit(random) < 0.5 ? 1 : 0);
    problem.elapsed *= 0.8 + 0.6 * unit(random);
    problem.in_hand = static_cast<float>(unit(random) * 0.8);
  }
  problem.price = random_price(random, problem.times.total());
  return problem;
}

/// The exits of a plan from `first` on, as plain bits.
template <class Plan>
std::vector<bool> bits(const Plan& plan) {
  std::vector<bool> copy(Plan::exits);
  for (std::size_t k = 0; k < Plan::exits; ++k) copy[k] = plan.contains(k);
  return copy;
}

}  // namespace einet::test

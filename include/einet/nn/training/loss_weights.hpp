#pragma once
// Loss weights for joint training: how much every exit counts. Even weights are the paper's (section IV-A3);
// plan-aware weights favour the exits whose answers are in hand for long under the best static plan; weights
// for the last exit alone train a network without early exits, to compare with.

#include <einet/plan/exits.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/search/exact.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>

namespace einet::nn {

/// Every exit counts the same; the weights sum to N.
template <std::size_t N>
[[nodiscard]] constexpr std::array<float, N> even_weights() noexcept {
  std::array<float, N> weights{};
  weights.fill(1.f);
  return weights;
}

/// Only the last exit counts, with weight 1, as in training a network that has no other.
template <std::size_t N>
[[nodiscard]] constexpr std::array<float, N> last_exit_weights() noexcept {
  std::array<float, N> weights{};
  weights.back() = 1.f;
  return weights;
}

/// One half of the weight is spread evenly; the other half in proportion to the probability that an exit's
/// answer is in hand at a uniformly random stop, if the best static plan for these accuracies is followed.
/// The weights sum to N.
/// @param times seconds of every block on the platform to train for
/// @param accuracies [N] of every exit on held-out data
/// @throws std::invalid_argument for a time profile for which no plan can be made
template <std::size_t N>
[[nodiscard]] std::array<float, most_exits<N>> plan_aware_weights(
    const TimeProfile<N>& times, const std::array<float, most_exits<N>>& accuracies) {
  validate(times);
  const Uniform law{times.total()};
  const ExitPlan<N> plan = ExactSearch{}(Problem<N>{times, accuracies}, law).plan;
  const auto share = in_hand_shares(times, plan, law);
  const std::size_t n = times.exit_count();
  const double answered = 1 - share[n];
  std::array<float, most_exits<N>> weights = even_weights<most_exits<N>>();
  if (!(answered > 0)) return weights;
  for (std::size_t k = 0; k < n; ++k)
    weights[k] = static_cast<float>(0.5 + 0.5 * static_cast<double>(n) * share[k] / answered);
  return weights;
}

}  // namespace einet::nn

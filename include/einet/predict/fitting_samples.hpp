#pragma once
// What predictors are fitted to, as views of plain arrays: a fit needs no profile.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/exits.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>

namespace einet {

/// What a predictor predicts.
enum class Target {
  confidence,  ///< of each exit, as in the paper: the planner then maximises confidence instead of accuracy
  correctness  ///< probability that each exit's output is right; it is also the worth of the answer in hand
};

/// A view of the outputs of all exits on a set of samples. The arrays must outlive it.
/// @tparam Inputs number of inputs per exit, the first of them its confidence
template <std::size_t N, std::size_t Inputs = 1>
struct FittingSamples {
  static constexpr std::size_t exits = N;
  using Row = std::array<std::array<float, Inputs>, most_exits<N>>;
  using Correct = std::array<bool, most_exits<N>>;

  std::span<const Row> inputs;                   ///< [samples][N][Inputs]
  std::span<const Correct> correct{};            ///< [samples][N]; only Target::correctness needs it
  [[no_unique_address]] ExitCount<N> counted{};  ///< the number of exits, where it is known only at run time

  [[nodiscard]] constexpr std::size_t exit_count() const noexcept { return counted.exit_count(); }

  [[nodiscard]] std::size_t count() const noexcept { return inputs.size(); }

  /// The confidence of exit k's output, a probability.
  /// @pre sample < count(), k < exit_count()
  [[nodiscard]] float confidence(std::size_t sample, std::size_t k) const noexcept {
    EINET_ASSERT(sample < count() && k < exit_count());
    return as_probability(inputs[sample][k][0]);
  }

  /// What a predictor should have predicted of exit k.
  /// @pre sample < count(), k < exit_count(), and for Target::correctness `correct` is given
  [[nodiscard]] double wanted(Target target, std::size_t sample, std::size_t k) const noexcept {
    EINET_ASSERT(target == Target::confidence || correct.size() == count());
    return target == Target::confidence ? double{confidence(sample, k)} : (correct[sample][k] ? 1. : 0.);
  }
};

/// The largest input that a predictor can be fitted to: differences and sums of squares stay finite.
inline constexpr float largest_input = 1e30f;

/// What every fit requires of its samples, of which one is enough. Confidences may leave [0, 1] by
/// `probability_slack` and then count as the nearer end; others, and NaN, are refused, because a fit would
/// hide them for good.
/// @throws std::invalid_argument if there are no samples, or no exits; if `correct` is needed and its length
/// differs; or naming sample, exit and input of a confidence that is not a probability, or of another input
/// that is not finite or beyond `largest_input`
template <std::size_t N, std::size_t Inputs>
void validate(const FittingSamples<N, Inputs>& samples, Target target) {
  constexpr auto what = "fitting samples";
  detail::expect_exits(what, samples.counted);
  detail::expect(samples.count() > 0, what, "count", samples.count(), "at least one sample");
  if (target == Target::correctness)
    detail::expect(samples.correct.size() == samples.count(), what, "correct.size()", samples.correct.size(),
                   "as many as inputs: " + detail::number(samples.count()));
  for (std::size_t s = 0; s < samples.count(); ++s)
    for (std::size_t k = 0; k < samples.exit_count(); ++k)
      for (std::size_t i = 0; i < Inputs; ++i) {
        const float value = samples.inputs[s][k][i];
        const bool sound = i == 0 ? nearly_probability(value)
                                  : is_finite(value) && value >= -largest_input && value <= largest_input;
        if (sound) continue;
        const std::string of_exit = detail::Field{"inputs", s, k}.text();
        detail::refuse(what, {of_exit.c_str(), i}, detail::number(value),
                       i == 0 ? "a probability in [0, 1]" : "a finite number within 1e30 of 0");
      }
}

/// The means of what is predicted: what a planner expects before the first output.
/// @throws std::invalid_argument as `validate(samples, target)`
template <std::size_t N, std::size_t Inputs>
[[nodiscard]] std::array<float, most_exits<N>> target_means(const FittingSamples<N, Inputs>& samples,
                                                            Target target) {
  validate(samples, target);
  std::array<float, most_exits<N>> means{};
  for (std::size_t k = 0; k < samples.exit_count(); ++k) {
    double sum = 0;
    for (std::size_t s = 0; s < samples.count(); ++s) sum += samples.wanted(target, s, k);
    means[k] = static_cast<float>(sum / static_cast<double>(samples.count()));
  }
  return means;
}

}  // namespace einet

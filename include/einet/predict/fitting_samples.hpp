#pragma once
// What predictors are fitted on, as plain arrays: a fitting function needs no profile, only a view of
// numbers.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>

namespace einet {

namespace detail {

/// Refuses a tensor of parameters that has not as many values as its shape says.
inline void expect_length(const char* what, const std::string& tensor, std::size_t length,
                          std::size_t expected) {
  if (length != expected) refuse(what, tensor.c_str(), number(length) + " values long", number(expected));
}

}  // namespace detail

/// What the numbers that a predictor yields are to mean.
enum class Target {
  confidence,  ///< of each exit, as the paper's CS-Predictor: it is maximised, but it is not what counts
  correctness  ///< probability that the exit's answer is right, that in hand included
};

/// A view of the outputs of all exits on a set of samples. The arrays must outlive it.
/// @tparam Inputs numbers observed per exit, the first of them its confidence
template <std::size_t N, std::size_t Inputs = 1>
struct FittingSamples {
  static constexpr std::size_t exits = N;
  using Row = std::array<std::array<float, Inputs>, N>;

  std::span<const Row> inputs;                     ///< [samples][N][Inputs]
  std::span<const std::array<bool, N>> correct{};  ///< [samples][N]; only Target::correctness needs it

  [[nodiscard]] std::size_t count() const noexcept { return inputs.size(); }

  /// The confidence of exit k's output, a probability.
  /// @pre sample < count(), k < N
  [[nodiscard]] float confidence(std::size_t sample, std::size_t k) const noexcept {
    EINET_ASSERT(sample < count() && k < N);
    return as_probability(inputs[sample][k][0]);
  }

  /// What exit k's entry of `confidences()` should have been.
  /// @pre sample < count(), k < N, and `correct` is there if it is asked for
  [[nodiscard]] double wanted(Target target, std::size_t sample, std::size_t k) const noexcept {
    EINET_ASSERT(target == Target::confidence || correct.size() == count());
    return target == Target::confidence ? double{confidence(sample, k)} : (correct[sample][k] ? 1. : 0.);
  }
};

/// The largest input that a predictor is fitted on: sums of squares and differences of such stay finite.
inline constexpr float largest_signal = 1e30f;

/// What every fit asks of its samples; one is enough. Confidences may leave [0, 1] by `probability_slack` and
/// are then read as the nearer end; others, and NaN, are refused, as a fit would hide them for good.
/// @throws std::invalid_argument naming what it is: no samples; `correct`, where it is wanted and of another
/// length; or sample, exit and input of a confidence that is no probability or of another input that is not
/// finite or beyond `largest_signal`
template <std::size_t N, std::size_t Inputs>
void validate(const FittingSamples<N, Inputs>& samples, Target target) {
  constexpr auto what = "fitting samples";
  detail::expect(samples.count() > 0, what, "count", samples.count(), "at least one sample");
  if (target == Target::correctness)
    detail::expect(samples.correct.size() == samples.count(), what, "correct.size()", samples.correct.size(),
                   "as many as inputs: " + detail::number(samples.count()));
  for (std::size_t s = 0; s < samples.count(); ++s)
    for (std::size_t k = 0; k < N; ++k)
      for (std::size_t i = 0; i < Inputs; ++i) {
        const float value = samples.inputs[s][k][i];
        const bool sound = i == 0 ? nearly_probability(value)
                                  : is_finite(value) && value >= -largest_signal && value <= largest_signal;
        if (sound) continue;
        const std::string of_exit = detail::Field{"inputs", s, k}.text();
        detail::refuse(what, {of_exit.c_str(), i}, detail::number(value),
                       i == 0 ? "a confidence in [0, 1]" : "a finite number within 1e30 of 0");
      }
}

/// The means of what is predicted: what a planner knows before it has seen anything.
/// @throws std::invalid_argument as `validate(samples, target)`
template <std::size_t N, std::size_t Inputs>
[[nodiscard]] std::array<float, N> target_means(const FittingSamples<N, Inputs>& samples, Target target) {
  validate(samples, target);
  std::array<float, N> means{};
  for (std::size_t k = 0; k < N; ++k) {
    double sum = 0;
    for (std::size_t s = 0; s < samples.count(); ++s) sum += samples.wanted(target, s, k);
    means[k] = static_cast<float>(sum / static_cast<double>(samples.count()));
  }
  return means;
}

}  // namespace einet

#pragma once
// What predictors are fitted on, as plain arrays: a fitting function needs no profile, only a view of
// numbers.

#include <einet/base/assert.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>

namespace einet {

/// What the numbers that a predictor yields are to mean.
enum class Target {
  confidence,  ///< of each exit, as the paper's CS-Predictor: it is maximised, but it is not what counts
  correctness  ///< probability that the exit's answer is right, that in hand included
};

/// A view of the outputs of all exits on a set of samples. The arrays must outlive it.
/// @tparam Signals numbers observed per exit, the first of them its confidence
template <std::size_t N, std::size_t Signals = 1>
struct FittingSamples {
  static constexpr std::size_t size = N;
  using Row = std::array<std::array<float, Signals>, N>;

  std::span<const Row> signals;                    ///< [samples][N][Signals]
  std::span<const std::array<bool, N>> correct{};  ///< [samples][N]; only Target::correctness needs it

  [[nodiscard]] std::size_t count() const noexcept { return signals.size(); }

  /// What exit k's entry of `confidences()` should have been.
  /// @pre sample < count(), k < N, and `correct` is there if it is asked for
  [[nodiscard]] double wanted(Target target, std::size_t sample, std::size_t k) const noexcept {
    EINET_ASSERT(sample < count() && k < N);
    EINET_ASSERT(target == Target::confidence || correct.size() == count());
    return target == Target::confidence ? double{signals[sample][k][0]} : (correct[sample][k] ? 1. : 0.);
  }
};

/// @throws std::invalid_argument if there are no samples, `correct` is wanted and of another length, or a
/// signal is not finite or a confidence not in [0, 1], naming sample, exit and signal
template <std::size_t N, std::size_t Signals>
void validate(const FittingSamples<N, Signals>& samples, Target target) {
  const auto refuse = [](const std::string& what) {
    throw std::invalid_argument("fitting samples: " + what);
  };
  if (samples.count() == 0) refuse("there are none");
  if (target == Target::correctness && samples.correct.size() != samples.count())
    refuse("correct has " + std::to_string(samples.correct.size()) + " samples, signals has " +
           std::to_string(samples.count()));
  for (std::size_t s = 0; s < samples.count(); ++s)
    for (std::size_t k = 0; k < N; ++k)
      for (std::size_t i = 0; i < Signals; ++i)
        if (const float value = samples.signals[s][k][i];
            !std::isfinite(value) || (i == 0 && !(value >= 0.f && value <= 1.f)))
          refuse("signals[" + std::to_string(s) + "][" + std::to_string(k) + "][" + std::to_string(i) +
                 "] is " + std::to_string(value) +
                 (i == 0 ? ", expected a confidence in [0, 1]" : ", expected a finite number"));
}

/// The means of what is predicted: what a planner knows before it has seen anything.
/// @pre samples are valid for `target`
template <std::size_t N, std::size_t Signals>
[[nodiscard]] std::array<float, N> target_means(const FittingSamples<N, Signals>& samples, Target target) {
  std::array<float, N> means{};
  for (std::size_t k = 0; k < N; ++k) {
    double sum = 0;
    for (std::size_t s = 0; s < samples.count(); ++s) sum += samples.wanted(target, s, k);
    means[k] = static_cast<float>(sum / static_cast<double>(samples.count()));
  }
  return means;
}

}  // namespace einet

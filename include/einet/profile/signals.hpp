#pragma once
// What a predictor may observe of an output beside its confidence, and the fitting samples that a profile
// yields.

#include <einet/base/assert.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/predict/fitting_samples.hpp>
#include <einet/profile/confidence_profile.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace einet {

/// How an output's probability is spread over the classes.
struct OutputShape {
  float confidence;  ///< of the most probable class
  float margin;      ///< natural logarithm of how many times as probable it is as the next one
  float entropy;     ///< nats
};

/// @param falling log-probabilities of the most probable classes, the highest first, at least two
/// @param others number of further classes, which share evenly what those leave
[[nodiscard]] inline OutputShape output_shape(std::span<const float> falling, std::size_t others) noexcept {
  EINET_ASSERT(falling.size() >= 2);
  double listed = 0, entropy = 0;
  for (const float value : falling) {
    const double share = std::exp(static_cast<double>(value));
    listed += share;
    if (share > 0) entropy -= share * static_cast<double>(value);
  }
  if (const double rest = 1 - listed; others > 0 && rest > 0)
    entropy -= rest * std::log(rest / static_cast<double>(others));
  const float confidence = std::exp(falling[0]);
  // A class of no probability at all would put the margin beyond every number.
  constexpr float widest = 30;
  const float margin = falling[0] - falling[1];
  return {confidence < 1.f ? confidence : 1.f, margin < widest ? margin : widest,
          static_cast<float>((std::max)(entropy, 0.))};
}

/// Fitting samples that own their numbers.
template <std::size_t N, std::size_t Signals = 1>
struct SignalSamples {
  std::vector<typename FittingSamples<N, Signals>::Row> signals;  ///< [samples][N][Signals]
  std::vector<std::array<bool, N>> correct;                       ///< [samples][N]

  /// @pre this outlives what is returned
  [[nodiscard]] FittingSamples<N, Signals> view() const& noexcept { return {signals, correct}; }
  void view() const&& = delete;
};

/// Confidences and correctness of a profile.
template <std::size_t N>
[[nodiscard]] SignalSamples<N> confidence_samples(const ConfidenceProfile<N>& profile) {
  SignalSamples<N> samples;
  samples.signals.resize(profile.size());
  samples.correct.resize(profile.size());
  for (std::size_t s = 0; s < profile.size(); ++s)
    for (std::size_t k = 0; k < N; ++k) {
      samples.signals[s][k][0] = profile.confidence[s][k];
      samples.correct[s][k] = profile.correct(s, k);
    }
  return samples;
}

/// The four signals of `shape_samples`.
inline constexpr std::size_t shape_signals = 4;

/// Confidence, margin, entropy, and whether the answer agrees (1) or not (0) with that of the nearest earlier
/// exit of `plan`: the answer in hand. Where there is none it counts as agreeing.
/// @param top_logprob [samples][N][listed], the highest first
/// @param listed classes whose log-probability is given, >= 2
/// @param classes of the network
/// @throws std::invalid_argument if the numbers do not fit the profile
template <std::size_t N>
[[nodiscard]] SignalSamples<N, shape_signals> shape_samples(const ConfidenceProfile<N>& profile,
                                                            std::span<const float> top_logprob,
                                                            std::size_t listed, std::size_t classes,
                                                            const ExitPlan<N>& plan) {
  if (listed < 2 || classes < listed || top_logprob.size() != profile.size() * N * listed)
    throw std::invalid_argument("shape_samples: " + std::to_string(top_logprob.size()) +
                                " log-probabilities, expected those of at least 2 of " +
                                std::to_string(classes) + " classes for " + std::to_string(profile.size()) +
                                " samples and " + std::to_string(N) + " exits");
  SignalSamples<N, shape_signals> samples;
  samples.signals.resize(profile.size());
  samples.correct.resize(profile.size());
  for (std::size_t s = 0; s < profile.size(); ++s) {
    std::size_t in_hand = N;
    for (std::size_t k = 0; k < N; ++k) {
      const auto shape = output_shape(top_logprob.subspan((s * N + k) * listed, listed), classes - listed);
      const bool agrees = in_hand == N || profile.predicted[s][k] == profile.predicted[s][in_hand];
      samples.signals[s][k] = {profile.confidence[s][k], shape.margin, shape.entropy, agrees ? 1.f : 0.f};
      samples.correct[s][k] = profile.correct(s, k);
      if (plan.contains(k)) in_hand = k;
    }
  }
  return samples;
}

}  // namespace einet

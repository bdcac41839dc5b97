#pragma once
// The outputs that einet provides for classifiers. Any trivially copyable type with a `confidence(output)`
// found by argument-dependent lookup can take their place.

#include <einet/base/assert.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace einet {

/// The class an exit decides for, and how much the planner trusts it.
struct Answer {
  std::int32_t label = -1;
  float confidence = 0;  ///< probability in [0, 1]

  friend bool operator==(const Answer&, const Answer&) = default;
};

/// @return the probability that the planner trusts `answer` by
[[nodiscard]] constexpr float confidence(const Answer& answer) noexcept {
  return answer.confidence;
}

/// The probabilities of all K classes, with the most probable one named.
template <std::size_t K>
struct Scores {
  static_assert(K >= 1, "Scores<K>: a classifier has at least one class");

  std::array<float, K> scores{};  ///< [K] probabilities
  std::int32_t label = -1;
  float confidence = 0;  ///< probability in [0, 1]

  friend bool operator==(const Scores&, const Scores&) = default;
};

/// @return the probability that the planner trusts `output` by
template <std::size_t K>
[[nodiscard]] constexpr float confidence(const Scores<K>& output) noexcept {
  return output.confidence;
}

namespace detail {

inline std::size_t largest(std::span<const float> logits) noexcept {
  EINET_ASSERT(!logits.empty());
  std::size_t best = 0;
  for (std::size_t k = 1; k < logits.size(); ++k)
    if (logits[k] > logits[best]) best = k;
  return best;
}

}  // namespace detail

/// The most probable class under softmax and its probability; the first of equal ones.
/// @pre `logits` is not empty
[[nodiscard]] inline Answer softmax_answer(std::span<const float> logits) noexcept {
  const std::size_t best = detail::largest(logits);
  float sum = 0;
  for (const float logit : logits) sum += std::exp(logit - logits[best]);
  return {static_cast<std::int32_t>(best), 1.f / sum};
}

/// Softmax over K logits, with the first of the most probable classes as label.
template <std::size_t K>
[[nodiscard]] inline Scores<K> softmax_scores(std::span<const float, K> logits) noexcept {
  Scores<K> output;
  const std::size_t best = detail::largest(logits);
  float sum = 0;
  for (std::size_t k = 0; k < K; ++k) sum += output.scores[k] = std::exp(logits[k] - logits[best]);
  for (float& score : output.scores) score /= sum;
  output.label = static_cast<std::int32_t>(best);
  output.confidence = output.scores[best];
  return output;
}

}  // namespace einet

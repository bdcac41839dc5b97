#pragma once
// The output types that einet provides for classifiers. Any trivially copyable type with a
// `confidence(output)` found by argument-dependent lookup can take their place.

#include <einet/base/assert.hpp>
#include <einet/base/floating.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>

namespace einet {

/// An output that a planner can judge: trivially copyable, with a `confidence(output)` in [0, 1] found by
/// argument-dependent lookup.
template <class Output>
concept has_confidence = std::is_trivially_copyable_v<Output> && requires(const Output& output) {
  { confidence(output) } -> std::convertible_to<float>;
};

/// The class that an exit predicts, and its confidence.
struct Answer {
  std::int32_t label = -1;
  float confidence = 0;  ///< probability in [0, 1]

  friend bool operator==(const Answer&, const Answer&) = default;
};

/// @return the probability by which the planner trusts `answer`
[[nodiscard]] constexpr float confidence(const Answer& answer) noexcept {
  return answer.confidence;
}

/// The probabilities of all K classes, and which is the most probable.
template <std::size_t K>
struct Scores {
  static_assert(K >= 1, "Scores<K>: a classifier has at least one class");

  std::array<float, K> scores{};  ///< [K] probabilities
  std::int32_t label = -1;
  float confidence = 0;  ///< probability in [0, 1]

  friend bool operator==(const Scores&, const Scores&) = default;
};

/// @return the probability by which the planner trusts `output`
template <std::size_t K>
[[nodiscard]] constexpr float confidence(const Scores<K>& output) noexcept {
  return output.confidence;
}

/// The confidence of the output that `output` holds. Exits with different output types share a slot this way.
template <class... Outputs>
[[nodiscard]] constexpr auto confidence(const std::variant<Outputs...>& output) noexcept
    -> decltype((static_cast<float>(confidence(std::declval<const Outputs&>())) + ...)) {
  return std::visit([](const auto& held) { return static_cast<float>(confidence(held)); }, output);
}

namespace detail {

/// Maps floats to integers of the same order; NaN counts as -infinity.
[[nodiscard]] constexpr std::int32_t rank(float value) noexcept {
  const auto magnitude = static_cast<std::int32_t>(magnitude_bits(value));
  if (is_nan(value)) return -static_cast<std::int32_t>(infinity_bits<float>);
  return std::bit_cast<std::int32_t>(value) < 0 ? -magnitude : magnitude;
}

/// The index of the largest number, the first of equal ones.
/// @pre `values` is not empty
[[nodiscard]] inline std::size_t most_probable(std::span<const float> values) noexcept {
  EINET_ASSERT(!values.empty());
  std::size_t best = 0;
  for (std::size_t k = 1; k < values.size(); ++k)
    if (rank(values[k]) > rank(values[best])) best = k;
  return best;
}

/// The ratio of the probability of `logit`'s class to that of the largest logit's. Infinite logits are
/// equally probable; where none is above -infinity, every ratio is 0.
[[nodiscard]] inline float odds(float logit, float largest) noexcept {
  const std::int32_t at = rank(logit), top = rank(largest);
  constexpr auto infinity = static_cast<std::int32_t>(infinity_bits<float>);
  if (top == infinity || top == -infinity) return at == top && top > 0 ? 1.f : 0.f;
  return as_probability(std::exp(logit - largest));
}

}  // namespace detail

/// The most probable class under softmax, the first of equal ones, and its probability. NaN logits count as
/// -infinity. Classes with infinite logits share all probability evenly. If every logit is NaN or -infinity,
/// the answer is class 0 with confidence 0.
/// @pre `logits` is not empty
[[nodiscard]] inline Answer softmax_answer(std::span<const float> logits) noexcept {
  const std::size_t best = detail::most_probable(logits);
  float sum = 0;
  for (const float logit : logits) sum += detail::odds(logit, logits[best]);
  return {static_cast<std::int32_t>(best), sum > 0 ? 1 / sum : 0.f};
}

/// Softmax over K logits; label, confidence and logits that are not finite as in `softmax_answer`.
template <std::size_t K>
[[nodiscard]] inline Scores<K> softmax_scores(std::span<const float, K> logits) noexcept {
  Scores<K> output;
  const std::size_t best = detail::most_probable(logits);
  float sum = 0;
  for (std::size_t k = 0; k < K; ++k) sum += output.scores[k] = detail::odds(logits[k], logits[best]);
  if (sum > 0)
    for (float& score : output.scores) score /= sum;
  output.label = static_cast<std::int32_t>(best);
  output.confidence = output.scores[best];
  return output;
}

}  // namespace einet

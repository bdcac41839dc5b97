#pragma once
// How an output's probability is spread over the classes: the margin of the most probable class, and the
// entropy. Fits and runs use the same code.

#include <einet/base/assert.hpp>
#include <einet/base/floating.hpp>
#include <einet/run/answer.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace einet {

/// The spread of an output's probability over the classes.
struct OutputShape {
  float margin = 0;   ///< natural logarithm of the ratio of the largest to the second largest probability
  float entropy = 0;  ///< nats

  friend bool operator==(const OutputShape&, const OutputShape&) = default;
};

/// Bounds the margin, which would be infinite if the second class had probability 0.
inline constexpr float widest_margin = 30;

/// @param probabilities of some classes in any order, the two most probable among them; each is clamped to
/// [0, 1], NaN to 0. With a single class, the margin is `widest_margin`.
/// @param others number of further classes, which share the remaining probability evenly
[[nodiscard]] inline OutputShape output_shape(std::span<const float> probabilities,
                                              std::size_t others = 0) noexcept {
  EINET_ASSERT(!probabilities.empty());
  double listed = 0, entropy = 0;
  float first = 0, second = 0;
  for (const float value : probabilities) {
    const float share = as_probability(value);
    if (share == 0.f) continue;
    listed += static_cast<double>(share);
    entropy -= static_cast<double>(share) * static_cast<double>(std::log(share));
    if (share > first) {
      second = first;
      first = share;
    } else if (share > second) {
      second = share;
    }
  }
  if (const double rest = 1 - listed; others > 0 && rest > 0)
    entropy -= rest * std::log(rest / static_cast<double>(others));
  float margin = first > 0 ? widest_margin : 0;
  if (second > 0) margin = std::log(first) - std::log(second);
  return {margin < widest_margin ? margin : widest_margin, entropy > 0 ? static_cast<float>(entropy) : 0.f};
}

/// @return the shape of all K probabilities; computes K logarithms
template <std::size_t K>
[[nodiscard]] OutputShape shape(const Scores<K>& output) noexcept {
  return output_shape(output.scores);
}

/// An answer with its shape: all that the provided observations read, in 16 bytes for any number of classes.
struct ShapedAnswer {
  std::int32_t label = -1;
  float confidence = 0;  ///< probability in [0, 1]
  OutputShape spread;

  friend bool operator==(const ShapedAnswer&, const ShapedAnswer&) = default;
};

/// @return the probability by which the planner trusts `answer`
[[nodiscard]] constexpr float confidence(const ShapedAnswer& answer) noexcept {
  return answer.confidence;
}

/// @return the shape stored in `answer`
[[nodiscard]] constexpr OutputShape shape(const ShapedAnswer& answer) noexcept {
  return answer.spread;
}

/// Softmax over logits, with the shape of its probabilities.
/// @pre `logits` is not empty
template <std::size_t K>
[[nodiscard]] inline ShapedAnswer softmax_shaped(std::span<const float, K> logits) noexcept {
  const Scores<K> scores = softmax_scores(logits);
  return {scores.label, scores.confidence, shape(scores)};
}

}  // namespace einet

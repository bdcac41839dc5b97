#pragma once
// Softmax, and cross entropy on top of it: the loss of one exit.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace einet::nn {

/// probabilities[k] = e^scores[k] / Σ e^scores. Precondition: equal sizes, not empty. The two may be the same
/// array.
inline void softmax(std::span<const float> scores, std::span<float> probabilities) noexcept {
  EINET_ASSERT(!scores.empty() && scores.size() == probabilities.size());
  const float largest = *std::max_element(scores.begin(), scores.end());
  float sum = 0.f;
  for (std::size_t k = 0; k < scores.size(); ++k) {
    probabilities[k] = std::exp(scores[k] - largest);
    sum += probabilities[k];
  }
  for (float& probability : probabilities) probability /= sum;
}

/// The index of the largest score, the first of equal ones. Precondition: not empty.
[[nodiscard]] inline std::int32_t predicted_class(std::span<const float> scores) noexcept {
  return static_cast<std::int32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

/// The loss of a batch of scores.
struct CrossEntropy {
  double loss = 0.;         ///< mean of −log probability[label], in nats, not weighted
  std::size_t correct = 0;  ///< images whose largest score is the label's
};

/// Mean cross entropy of scores [batch][classes] against labels [batch]; writes `weight` times its gradient
/// with respect to the scores. Throws std::invalid_argument if a label is not below the number of classes.
/// @pre scores and gradient have as many values as there are labels, times `classes`
inline CrossEntropy cross_entropy(std::span<const float> scores, std::size_t classes,
                                  std::span<const std::int32_t> labels, float weight,
                                  std::span<float> gradient) {
  const std::size_t batch = labels.size();
  EINET_ASSERT(scores.size() == batch * classes && gradient.size() == scores.size());
  CrossEntropy result;
  for (std::size_t i = 0; i < batch; ++i) {
    if (labels[i] < 0 || static_cast<std::size_t>(labels[i]) >= classes) {
      einet::detail::refuse("cross_entropy", {"labels", i}, einet::detail::number(labels[i]),
                            "0 to " + einet::detail::number(classes - 1));
    }
    const auto label = static_cast<std::size_t>(labels[i]);
    const std::span<const float> row = scores.subspan(i * classes, classes);
    const std::span<float> slope = gradient.subspan(i * classes, classes);
    softmax(row, slope);
    const float largest = *std::max_element(row.begin(), row.end());
    double sum = 0.;
    for (const float score : row) sum += std::exp(static_cast<double>(score - largest));
    result.loss += std::log(sum) - static_cast<double>(row[label] - largest);
    if (predicted_class(row) == labels[i]) ++result.correct;
    slope[label] -= 1.f;
    for (float& value : slope) value *= weight / static_cast<float>(batch);
  }
  result.loss /= static_cast<double>((std::max)(batch, std::size_t{1}));
  return result;
}

}  // namespace einet::nn

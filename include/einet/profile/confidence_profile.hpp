#pragma once
// The confidence profile (CS-profile): what every exit says about every sample. Paper, section IV-B2.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace einet {

/// Per sample and exit: the confidence and the predicted class; per sample: the true class.
template <std::size_t N>
struct ConfidenceProfile {
  static constexpr std::size_t size_of_plan = N;

  std::vector<std::array<float, N>> confidence;        ///< [samples][N] in [0, 1]
  std::vector<std::array<std::int32_t, N>> predicted;  ///< [samples][N] class
  std::vector<std::int32_t> label;                     ///< [samples] class

  /// Number of samples.
  [[nodiscard]] std::size_t size() const noexcept { return label.size(); }

  /// Whether the output of `exit` on `sample` is right.
  [[nodiscard]] bool correct(std::size_t sample, std::size_t exit) const noexcept {
    return predicted[sample][exit] == label[sample];
  }

  /// Share of samples that each exit gets right, [N]; zeros for an empty profile.
  [[nodiscard]] std::array<float, N> accuracy() const noexcept {
    std::array<float, N> share{};
    for (std::size_t k = 0; k < N; ++k) {
      std::size_t right = 0;
      for (std::size_t s = 0; s < size(); ++s) right += correct(s, k) ? 1U : 0U;
      if (size() > 0) share[k] = static_cast<float>(static_cast<double>(right) / static_cast<double>(size()));
    }
    return share;
  }

  /// Every `stride`-th sample from `first` on: odd and even samples are halves for fitting and reporting.
  [[nodiscard]] ConfidenceProfile every(std::size_t stride, std::size_t first) const {
    ConfidenceProfile part;
    for (std::size_t s = first; s < size(); s += stride) {
      part.confidence.push_back(confidence[s]);
      part.predicted.push_back(predicted[s]);
      part.label.push_back(label[s]);
    }
    return part;
  }
};

/// Refuses a profile whose columns differ in length or whose confidences are not in [0, 1].
/// @throws std::invalid_argument naming the field, the sample and the exit
template <std::size_t N>
void validate(const ConfidenceProfile<N>& profile) {
  const auto refuse_length = [&](const char* field, std::size_t rows) {
    if (rows != profile.size())
      throw std::invalid_argument("confidence profile: " + std::string(field) + " has " +
                                  std::to_string(rows) + " samples, label has " +
                                  std::to_string(profile.size()));
  };
  refuse_length("confidence", profile.confidence.size());
  refuse_length("predicted", profile.predicted.size());
  for (std::size_t s = 0; s < profile.size(); ++s)
    for (std::size_t k = 0; k < N; ++k)
      if (const float c = profile.confidence[s][k]; !(c >= 0.f && c <= 1.f))
        throw std::invalid_argument("confidence profile: confidence[" + std::to_string(s) + "][" +
                                    std::to_string(k) + "] is " + std::to_string(c) +
                                    ", expected a number in [0, 1]");
}

}  // namespace einet

#pragma once
// The confidence profile (CS-profile): what every exit says about every sample. Paper, section IV-B2.

#include <einet/run/output_shape.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace einet {

/// Per sample and exit: the confidence and the predicted class, and where they are known margin and entropy;
/// per sample: the true class.
template <std::size_t N>
struct ConfidenceProfile {
  static constexpr std::size_t size_of_plan = N;

  std::vector<std::array<float, N>> confidence;        ///< [samples][N] in [0, 1]
  std::vector<std::array<std::int32_t, N>> predicted;  ///< [samples][N] class
  std::vector<std::int32_t> label;                     ///< [samples] class
  std::vector<std::array<OutputShape, N>> shape{};     ///< [samples][N], or empty: not known

  /// Number of samples.
  [[nodiscard]] std::size_t size() const noexcept { return label.size(); }

  /// Whether the output of `exit` on `sample` is right.
  [[nodiscard]] bool correct(std::size_t sample, std::size_t exit) const noexcept {
    return predicted[sample][exit] == label[sample];
  }

  /// Whether margin and entropy are known.
  [[nodiscard]] bool has_shapes() const noexcept { return size() > 0 && shape.size() == size(); }

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
      if (has_shapes()) part.shape.push_back(shape[s]);
    }
    return part;
  }
};

/// Refuses a profile whose columns differ in length, whose confidences are not in [0, 1] or whose margins or
/// entropies are no finite numbers >= 0.
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
  if (!profile.shape.empty()) refuse_length("shape", profile.shape.size());
  const auto demand = [](bool sound, const char* field, std::size_t s, std::size_t k, float value,
                         const char* wanted) {
    if (!sound)
      throw std::invalid_argument("confidence profile: " + std::string(field) + "[" + std::to_string(s) +
                                  "][" + std::to_string(k) + "] is " + std::to_string(value) + ", expected " +
                                  wanted);
  };
  const auto finite = [](float value) { return value >= 0.f && std::isfinite(value); };
  for (std::size_t s = 0; s < profile.size(); ++s)
    for (std::size_t k = 0; k < N; ++k) {
      const float c = profile.confidence[s][k];
      demand(c >= 0.f && c <= 1.f, "confidence", s, k, c, "a number in [0, 1]");
      if (profile.shape.empty()) continue;
      const auto [margin, entropy] = profile.shape[s][k];
      demand(finite(margin), "margin", s, k, margin, "a finite number >= 0");
      demand(finite(entropy), "entropy", s, k, entropy, "a finite number >= 0");
    }
}

}  // namespace einet

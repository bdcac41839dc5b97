#pragma once
// The confidence profile (CS-profile): what every exit yields on every sample. Paper, section IV-B2.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/exits.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace einet {

/// For every sample and exit the confidence and the predicted class; for every sample the true class.
template <std::size_t N>
struct ConfidenceProfile {
  static constexpr std::size_t exits = N;

  std::vector<std::array<float, most_exits<N>>> confidence;        ///< [samples][N] in [0, 1], up to rounding
  std::vector<std::array<std::int32_t, most_exits<N>>> predicted;  ///< [samples][N] class
  std::vector<std::int32_t> label;                                 ///< [samples] class
  [[no_unique_address]] ExitCount<N> counted{};  ///< the number of exits, where it is known only at run time

  [[nodiscard]] constexpr std::size_t exit_count() const noexcept { return counted.exit_count(); }

  /// Number of samples.
  [[nodiscard]] std::size_t samples() const noexcept { return label.size(); }

  /// Whether the output of `exit` on `sample` is right.
  [[nodiscard]] bool correct(std::size_t sample, std::size_t exit) const noexcept {
    return predicted[sample][exit] == label[sample];
  }

  /// Share of samples that each exit gets right, [N]; zeros for an empty profile.
  [[nodiscard]] std::array<float, most_exits<N>> accuracy() const noexcept {
    std::array<float, most_exits<N>> share{};
    for (std::size_t k = 0; k < exit_count() && samples() > 0; ++k) {
      std::size_t right = 0;
      for (std::size_t s = 0; s < samples(); ++s) right += correct(s, k) ? 1U : 0U;
      share[k] = static_cast<float>(static_cast<double>(right) / static_cast<double>(samples()));
    }
    return share;
  }

  /// Every `stride`-th sample from `first` on: with stride 2, one half to fit to and one to report on.
  /// @throws std::invalid_argument if `stride` is 0
  [[nodiscard]] ConfidenceProfile every(std::size_t stride, std::size_t first) const {
    detail::expect(stride > 0, "ConfidenceProfile::every", "stride", stride, "at least 1");
    ConfidenceProfile part;
    part.counted = counted;
    for (std::size_t s = first; s < samples(); s += stride) {
      part.confidence.push_back(confidence[s]);
      part.predicted.push_back(predicted[s]);
      part.label.push_back(label[s]);
      if (stride >= samples() - s) break;  // before the sum overflows
    }
    return part;
  }
};

namespace detail {

/// The confidence of an output, as stored in a profile.
/// @throws std::invalid_argument naming the sample and the exit, unless it is a probability up to rounding
inline float checked_confidence(float value, std::size_t sample, std::size_t exit) {
  expect(nearly_probability(value), "confidence profile", {"confidence", sample, exit}, value,
         "a probability in [0, 1]");
  return as_probability(value);
}

}  // namespace detail

/// Refuses a profile whose columns differ in length, or whose confidences are not in [0, 1]. Up to
/// `probability_slack` beyond these limits counts as rounding, and readers of a profile take it as the nearer
/// limit.
/// @throws std::invalid_argument naming the field, the sample and the exit
template <std::size_t N>
void validate(const ConfidenceProfile<N>& profile) {
  detail::expect_exits("confidence profile", profile.counted);
  const auto expect_length = [&](const char* field, std::size_t rows) {
    detail::expect(rows == profile.samples(), "confidence profile", field, rows,
                   "as many as label.size(): " + detail::number(profile.samples()));
  };
  expect_length("confidence.size()", profile.confidence.size());
  expect_length("predicted.size()", profile.predicted.size());
  for (std::size_t s = 0; s < profile.samples(); ++s)
    for (std::size_t k = 0; k < profile.exit_count(); ++k)
      detail::checked_confidence(profile.confidence[s][k], s, k);
}

}  // namespace einet

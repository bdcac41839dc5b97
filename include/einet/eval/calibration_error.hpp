#pragma once
// The expected calibration error: how far confidences are from the share of outputs that are right.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace einet::eval {

/// How far confidences differ from the share of right outputs among those of similar confidence: the mean
/// over `bins` equal intervals of [0, 1], weighted by the number of outputs in each.
/// @param confidence clamped to [0, 1], NaN to 0
/// @param correct as many numbers: 1 where the output is right, else 0
/// @param bins 1 to 1,000,000
/// @throws std::invalid_argument if the lengths differ, or naming the number that is out of range
[[nodiscard]] inline double expected_calibration_error(std::span<const float> confidence,
                                                       std::span<const float> correct,
                                                       std::size_t bins = 15) {
  constexpr auto what = "expected_calibration_error";
  einet::detail::expect(correct.size() == confidence.size(), what, "correct.size()", correct.size(),
                        "as many as confidences: " + einet::detail::number(confidence.size()));
  einet::detail::expect(bins >= 1 && bins <= 1'000'000, what, "bins", bins, "1 to 1000000");
  std::vector<double> excess(bins);
  for (std::size_t s = 0; s < confidence.size(); ++s) {
    einet::detail::expect(correct[s] == 0.f || correct[s] == 1.f, what, {"correct", s}, correct[s], "0 or 1");
    const float sure = as_probability(confidence[s]);
    const auto bin = (std::min)(static_cast<std::size_t>(sure * static_cast<float>(bins)), bins - 1);
    excess[bin] += static_cast<double>(sure) - static_cast<double>(correct[s]);
  }
  double sum = 0;
  for (const double each : excess) sum += std::fabs(each);
  return confidence.empty() ? 0 : sum / static_cast<double>(confidence.size());
}

}  // namespace einet::eval

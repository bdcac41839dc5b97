#pragma once
// The bootstrap interval of a mean: how far a difference between two strategies on the same samples can be
// trusted (Efron's percentile interval).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace einet::eval {

/// A mean and the interval that holds 95 % of the means of resampled data.
struct Interval {
  double mean = 0;
  double low = 0;
  double high = 0;
};

/// The 95 % bootstrap interval of the mean of `values`; for a paired comparison pass the differences, sample
/// by sample. Without values, all fields are 0.
/// @param resamples how often to draw, >= 1
[[nodiscard]] inline Interval bootstrap_mean(std::span<const double> values, std::size_t resamples = 2000,
                                             std::uint64_t seed = 1) {
  if (values.empty() || resamples == 0) return {};
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<std::size_t> draw(0, values.size() - 1);
  std::vector<double> means(resamples);
  for (double& mean : means) {
    double sum = 0;
    for (std::size_t k = 0; k < values.size(); ++k) sum += values[draw(random)];
    mean = sum / static_cast<double>(values.size());
  }
  std::sort(means.begin(), means.end());
  double sum = 0;
  for (const double value : values) sum += value;
  const auto at = [&](double share) {
    return means[static_cast<std::size_t>(share * static_cast<double>(resamples - 1) + 0.5)];
  };
  return {sum / static_cast<double>(values.size()), at(0.025), at(0.975)};
}

}  // namespace einet::eval

#pragma once
// A baseline: every exit to come as a straight line over the newest confidence, by least squares.

#include <einet/predict/fitting_samples.hpp>
#include <einet/predict/table_predictor.hpp>

#include <cstddef>

namespace einet {

/// A line is a table of two knots; predictions are clamped to [0, 1].
template <std::size_t N, class Arch = simd::default_arch>
using LinearPredictor = TablePredictor<N, 2, Arch>;

/// The line of least squares for every pair (exit seen, exit to come), and for the answer in hand. Where an
/// exit was always equally sure, the mean.
/// @throws std::invalid_argument as `validate(samples, target)`
template <std::size_t N>
[[nodiscard]] TableParameters<N, 2> fit_linear(const FittingSamples<N>& samples,
                                               Target target = Target::correctness) {
  validate(samples, target);
  TableParameters<N, 2> lines;
  lines.means = target_means(samples, target);
  const auto count = static_cast<double>(samples.count());
  for (std::size_t seen = 0; seen < N; ++seen) {
    double mean = 0, square = 0;
    for (const auto& row : samples.signals) mean += static_cast<double>(row[seen][0]);
    mean /= count;
    for (const auto& row : samples.signals) {
      const double off = static_cast<double>(row[seen][0]) - mean;
      square += off * off;
    }
    for (std::size_t k = seen; k < N; ++k) {
      double product = 0, wanted = 0;
      for (std::size_t s = 0; s < samples.count(); ++s) {
        const double y = samples.wanted(target, s, k);
        wanted += y;
        product += (static_cast<double>(samples.signals[s][seen][0]) - mean) * y;
      }
      const double slope = square > 0 ? product / square : 0;
      const double at_zero = wanted / count - slope * mean;
      lines.at(seen, 0, k) = static_cast<float>(at_zero);
      lines.at(seen, 1, k) = static_cast<float>(at_zero + slope);
    }
  }
  return lines;
}

}  // namespace einet

#pragma once
// Predictors that are worse than those of the library: each exit to come as a linear function of the newest
// confidence, and as the newest confidence itself.

#include <einet/base/assert.hpp>
#include <einet/base/floating.hpp>
#include <einet/predict/fitting_samples.hpp>
#include <einet/predict/prior_predictor.hpp>
#include <einet/predict/table_predictor.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace einet::bench {

/// A line is a table of two knots; predictions are clamped to [0, 1].
template <std::size_t N, class Arch = simd::default_arch>
using LinearPredictor = TablePredictor<N, 2, Arch>;

/// The least-squares line for every pair (exit seen, exit to come), and for the answer in hand. If the
/// confidence of an exit hardly varies, with a standard deviation below 1e-4, the mean: so steep a line would
/// follow rounding rather than samples.
/// @throws std::invalid_argument as `validate(samples, target)`
template <std::size_t N>
[[nodiscard]] TableParameters<N, 2> fit_linear(const FittingSamples<N>& samples,
                                               Target target = Target::correctness) {
  validate(samples, target);
  TableParameters<N, 2> lines;
  lines.means = target_means(samples, target);
  const auto count = static_cast<double>(samples.count());
  constexpr double least_deviation = 1e-4;
  for (std::size_t seen = 0; seen < N; ++seen) {
    double mean = 0, square = 0;
    for (std::size_t s = 0; s < samples.count(); ++s) mean += double{samples.confidence(s, seen)};
    mean /= count;
    for (std::size_t s = 0; s < samples.count(); ++s) {
      const double off = double{samples.confidence(s, seen)} - mean;
      square += off * off;
    }
    const bool varies = square > least_deviation * least_deviation * count;
    for (std::size_t k = seen; k < N; ++k) {
      double product = 0, wanted = 0;
      for (std::size_t s = 0; s < samples.count(); ++s) {
        const double y = samples.wanted(target, s, k);
        wanted += y;
        product += (double{samples.confidence(s, seen)} - mean) * y;
      }
      const double slope = varies ? product / square : 0;
      const double at_zero = wanted / count - slope * mean;
      lines.at(seen, 0, k) = static_cast<float>(at_zero);
      lines.at(seen, 1, k) = static_cast<float>(at_zero + slope);
    }
  }
  return lines;
}

/// Predicts the newest confidence for all exits to come, so that no exit seems worth its time; before the
/// first output, the means.
template <std::size_t N>
class CarryForward {
 public:
  static constexpr std::size_t exits = N;
  static constexpr std::size_t inputs = 1;

  /// @param means [N] mean confidence (or accuracy) of every exit, probabilities
  /// @throws std::invalid_argument as PriorPredictor
  explicit constexpr CarryForward(const std::array<float, N>& means) : prior_(means) { reset(); }

  constexpr void reset() noexcept { confidences_ = prior_.confidences(); }

  /// @pre exit < N
  constexpr void observe(std::size_t exit, std::span<const float, 1> confidence) noexcept {
    EINET_ASSERT(exit < N);
    std::fill(confidences_.begin() + static_cast<std::ptrdiff_t>(exit), confidences_.end(),
              as_probability(confidence[0]));
  }

  [[nodiscard]] constexpr const std::array<float, N>& confidences() const noexcept { return confidences_; }

 private:
  PriorPredictor<N> prior_;  ///< never observes; it holds the means
  std::array<float, N> confidences_;
};

}  // namespace einet::bench

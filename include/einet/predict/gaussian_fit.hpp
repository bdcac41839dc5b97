#pragma once
// Fits a GaussianPredictor in closed form: means and covariances of the samples.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/predict/fitting_samples.hpp>
#include <einet/predict/gaussian_parameters.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace einet {

/// How a joint normal distribution is fitted.
template <std::size_t Inputs = 1>
struct GaussianFitOptions {
  Target target = Target::correctness;
  double noise = .3;  ///< in [1e-4, 1e6], added to every standardised input's variance of 1: the higher, the
                      ///< less predictions follow what only few samples show
  /// Which inputs are read as log odds; by default the confidence alone.
  std::array<bool, Inputs> logit{true};
};

/// The joint distribution of all inputs and targets of `samples`. An input whose standard deviation is at
/// most a millionth of sqrt(1 + mean²) counts as constant and predicts nothing.
/// @throws std::invalid_argument as `validate(samples, target)`, or if `noise` is not in [1e-4, 1e6]
template <std::size_t N, std::size_t Inputs>
[[nodiscard]] GaussianParameters<N, Inputs> fit_gaussian(
    const FittingSamples<N, Inputs>& samples,
    const std::type_identity_t<GaussianFitOptions<Inputs>>& options = {}) {
  validate(samples, options.target);
  detail::expect(is_finite(options.noise) && options.noise >= 1e-4 && options.noise <= 1e6,
                 "GaussianFitOptions", "noise", options.noise, "a number in [0.0001, 1e6]");
  const std::size_t exits = samples.exit_count(), n = exits * Inputs;
  const std::size_t count = samples.count();
  const auto share = 1 / static_cast<double>(count);

  GaussianParameters<N, Inputs> joint(samples.counted);
  joint.means = target_means(samples, options.target);
  joint.noise[0] = static_cast<float>(options.noise);
  joint.target[0] = options.target == Target::confidence ? 0.f : 1.f;
  for (std::size_t i = 0; i < Inputs; ++i) joint.logit[i] = options.logit[i] ? 1.f : 0.f;

  std::vector<double> values(n * count);  // [input][sample], standardised, so that products run along rows
  for (std::size_t v = 0; v < n; ++v) {
    const std::size_t k = v / Inputs, i = v % Inputs;
    double* row = &values[v * count];
    double mean = 0, square = 0;
    for (std::size_t s = 0; s < count; ++s) {
      const float seen = i == 0 ? samples.confidence(s, k) : samples.inputs[s][k][i];
      row[s] = options.logit[i] ? detail::bounded_logit(seen) : seen;
      mean += row[s] * share;
    }
    const auto [low, high] = std::minmax_element(row, row + count);
    joint.low[v] = static_cast<float>(*low);
    joint.high[v] = static_cast<float>(*high);
    for (std::size_t s = 0; s < count; ++s) square += (row[s] - mean) * (row[s] - mean) * share;
    const double scale = square > 1e-12 * (1 + mean * mean) ? std::sqrt(square) : 0;
    for (std::size_t s = 0; s < count; ++s) row[s] = scale > 0 ? (row[s] - mean) / scale : 0;
    joint.mean[v] = static_cast<float>(mean);
    joint.scale[v] = scale > 0 ? static_cast<float>(scale) : 1.f;
  }

  const auto product = [&](const double* a, const double* b) {
    double sum = 0;
    for (std::size_t s = 0; s < count; ++s) sum += a[s] * b[s];
    return sum * share;
  };
  for (std::size_t v = 0; v < n; ++v)
    for (std::size_t w = 0; w <= v; ++w) {
      const double both = product(&values[v * count], &values[w * count]) + (v == w ? options.noise : 0);
      joint.covariance[v * n + w] = joint.covariance[w * n + v] = static_cast<float>(both);
    }
  std::vector<double> wanted(count);
  for (std::size_t k = 0; k < exits; ++k) {
    for (std::size_t s = 0; s < count; ++s) wanted[s] = samples.wanted(options.target, s, k);
    for (std::size_t v = 0; v < n; ++v)
      joint.target_covariance[v * exits + k] = static_cast<float>(product(&values[v * count], wanted.data()));
  }
  return joint;
}

}  // namespace einet

#pragma once
// The predictor to begin with: a joint normal distribution of every exit's confidence and its square. Of
// those fitted in closed form, none makes better plans (benchmarks/README.md), from the confidence alone:
// the probability of being right is not linear in the confidence, but a parabola is close enough.

#include <einet/base/floating.hpp>
#include <einet/base/lanes.hpp>
#include <einet/plan/exits.hpp>
#include <einet/predict/fitting_samples.hpp>
#include <einet/predict/gaussian_fit.hpp>
#include <einet/predict/gaussian_parameters.hpp>
#include <einet/predict/gaussian_predictor.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace einet {

/// A GaussianPredictor with two inputs, the confidence and its square.
template <std::size_t N, class Arch = simd::default_arch>
class QuadraticPredictor {
  using Joint = GaussianPredictor<N, 2, Arch>;

 public:
  using Parameters = typename Joint::Parameters;
  using Weights = typename Joint::Weights;
  static constexpr std::size_t exits = N;
  static constexpr std::size_t inputs = 1;

  [[nodiscard]] std::size_t exit_count() const noexcept { return joint_.exit_count(); }

  /// @throws std::invalid_argument if `weights` is null
  explicit QuadraticPredictor(std::shared_ptr<const Weights> weights) : joint_(std::move(weights)) {}
  /// @throws std::invalid_argument as `validate(parameters)`
  explicit QuadraticPredictor(const Parameters& parameters) : joint_(parameters) {}

  void reset() noexcept { joint_.reset(); }

  /// @param confidence clamped to [0, 1], NaN to 0
  /// @pre exit < exit_count(), later than all exits observed since reset()
  void observe(std::size_t exit, std::span<const float, 1> confidence) noexcept {
    const float sure = as_probability(confidence[0]);
    const std::array<float, 2> both{sure, sure * sure};
    joint_.observe(exit, both);
  }

  [[nodiscard]] const std::array<float, most_exits<N>>& confidences() const noexcept {
    return joint_.confidences();
  }

  [[nodiscard]] const std::shared_ptr<const Weights>& weights() const noexcept { return joint_.weights(); }

 private:
  Joint joint_;
};

/// Fits a QuadraticPredictor to `samples`.
/// @param noise as in GaussianFitOptions. With less, single predictions are closer, but plans are worse: a
/// search looks for what is best, and finds what is best by chance.
/// @throws std::invalid_argument as fit_gaussian
template <std::size_t N>
[[nodiscard]] GaussianParameters<N, 2> fit_quadratic(const FittingSamples<N>& samples,
                                                     Target target = Target::correctness, double noise = .3) {
  validate(samples, target);
  std::vector<typename FittingSamples<N, 2>::Row> rows(samples.count());
  for (std::size_t s = 0; s < samples.count(); ++s)
    for (std::size_t k = 0; k < samples.exit_count(); ++k) {
      const float sure = samples.confidence(s, k);
      rows[s][k] = {sure, sure * sure};
    }
  GaussianFitOptions<2> options;
  options.target = target;
  options.noise = noise;
  options.logit = {false, false};
  return fit_gaussian(FittingSamples<N, 2>{rows, samples.correct, samples.counted}, options);
}

}  // namespace einet

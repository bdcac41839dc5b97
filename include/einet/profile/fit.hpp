#pragma once
// Fits a predictor to a whole confidence profile. The fits themselves, in predict/, take plain numbers.

#include <einet/predict/calibration.hpp>
#include <einet/predict/gaussian_fit.hpp>
#include <einet/predict/quadratic_predictor.hpp>
#include <einet/predict/table_fit.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/input_samples.hpp>

#include <cstddef>

namespace einet {

namespace detail {

/// Applies `fit` to the confidences and the correctness of a profile.
template <std::size_t N, class Fit>
auto fit_to(const ConfidenceProfile<N>& profile, Fit&& fit) {
  validate(profile);
  const InputSamples<N> samples = confidence_samples(profile);
  return fit(samples.view());
}

}  // namespace detail

/// For the QuadraticPredictor, the one to begin with.
/// @throws std::invalid_argument as `validate(profile)`, or as the fit to samples
template <std::size_t N>
[[nodiscard]] GaussianParameters<N, 2> fit_quadratic(const ConfidenceProfile<N>& profile,
                                                     Target target = Target::correctness, double noise = .3) {
  return detail::fit_to(profile, [&](const auto& on) { return fit_quadratic(on, target, noise); });
}

/// For a GaussianPredictor that observes confidences alone.
/// @throws std::invalid_argument as `validate(profile)`, or as the fit to samples
template <std::size_t N>
[[nodiscard]] GaussianParameters<N> fit_gaussian(const ConfidenceProfile<N>& profile,
                                                 const GaussianFitOptions<>& options = {}) {
  return detail::fit_to(profile, [&](const auto& on) { return fit_gaussian(on, options); });
}

/// For the TablePredictor.
/// @throws std::invalid_argument as `validate(profile)`, or as the fit to samples
template <std::size_t N, std::size_t Knots = 33>
[[nodiscard]] TableParameters<N, Knots> fit_table(const ConfidenceProfile<N>& profile,
                                                  const TableFitOptions& options = {}) {
  return detail::fit_to(profile, [&](const auto& on) { return fit_table<N, Knots>(on, options); });
}

/// For the calibration of confidences.
/// @throws std::invalid_argument as `validate(profile)`, or as the fit to samples
template <std::size_t Knots = 33, std::size_t N>
[[nodiscard]] Calibration<N, Knots> fit_calibration(const ConfidenceProfile<N>& profile) {
  return detail::fit_to(profile, [](const auto& on) { return fit_calibration<Knots>(on); });
}

}  // namespace einet

#pragma once
// Predictors fitted to a confidence profile as it is. The fits themselves, in predict/, know no profile: they
// take the numbers of one, or of anything else.

#include <einet/predict/calibrated_predictor.hpp>
#include <einet/predict/calibration.hpp>
#include <einet/predict/cs_trainer.hpp>
#include <einet/predict/gaussian_fit.hpp>
#include <einet/predict/linear_predictor.hpp>
#include <einet/predict/quadratic_predictor.hpp>
#include <einet/predict/table_fit.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/input_samples.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace einet {

namespace detail {

/// What `fit` makes of the confidences and the correctness of a profile.
template <std::size_t N, class Fit>
auto fit_to(const ConfidenceProfile<N>& profile, Fit&& fit) {
  validate(profile);
  const InputSamples<N> samples = confidence_samples(profile);
  return fit(samples.view());
}

}  // namespace detail

/// For the QuadraticPredictor, the one to begin with.
/// @throws std::invalid_argument as `validate(profile)`, or as the fit to samples; so all below
template <std::size_t N>
[[nodiscard]] GaussianParameters<N, 2> fit_quadratic(const ConfidenceProfile<N>& profile,
                                                     Target target = Target::correctness,
                                                     double noise = .01) {
  return detail::fit_to(profile, [&](const auto& on) { return fit_quadratic(on, target, noise); });
}

/// For a GaussianPredictor that observes confidences alone.
template <std::size_t N>
[[nodiscard]] GaussianParameters<N> fit_gaussian(const ConfidenceProfile<N>& profile,
                                                 const GaussianFitOptions<>& options = {}) {
  return detail::fit_to(profile, [&](const auto& on) { return fit_gaussian(on, options); });
}

/// For the TablePredictor.
template <std::size_t N, std::size_t Knots = 33>
[[nodiscard]] TableParameters<N, Knots> fit_table(const ConfidenceProfile<N>& profile,
                                                  const TableFitOptions& options = {}) {
  return detail::fit_to(profile, [&](const auto& on) { return fit_table<N, Knots>(on, options); });
}

/// For the LinearPredictor.
template <std::size_t N>
[[nodiscard]] TableParameters<N, 2> fit_linear(const ConfidenceProfile<N>& profile,
                                               Target target = Target::correctness) {
  return detail::fit_to(profile, [&](const auto& on) { return fit_linear(on, target); });
}

/// What the confidences are worth.
template <std::size_t Knots = 33, std::size_t N>
[[nodiscard]] Calibration<N, Knots> fit_calibration(const ConfidenceProfile<N>& profile) {
  return detail::fit_to(profile, [](const auto& on) { return fit_calibration<Knots>(on); });
}

/// A predictor of confidences alone, calibrated; best not on the profile that it was fitted to.
template <std::size_t Knots = 33, predictor Predictor>
requires(Predictor::inputs == 1) [[nodiscard]] CalibratedPredictor<Predictor, Knots> calibrated(
    Predictor predictor, const ConfidenceProfile<Predictor::size>& profile) {
  return detail::fit_to(profile, [&](const auto& on) { return calibrated<Knots>(std::move(predictor), on); });
}

/// The paper's CS-Predictor, trained.
template <std::size_t H, std::size_t N, class Progress = NoProgress, executor Executor = Serial,
          class Arch = simd::default_arch>
requires std::is_invocable_r_v<bool, Progress&, std::size_t, double, double>
[[nodiscard]] CsFit<N, H> train_cs_predictor(const ConfidenceProfile<N>& profile,
                                             const CsTrainerOptions& options = {}, Progress&& progress = {},
                                             const Executor& run = {}) {
  return detail::fit_to(profile, [&](const auto& on) {
    return train_cs_predictor<H, N, Progress, Executor, Arch>(on, options, std::forward<Progress>(progress),
                                                              run);
  });
}

}  // namespace einet

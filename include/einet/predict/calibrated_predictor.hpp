#pragma once
// Another predictor's plans with honest probabilities. A predictor that is shrunk hard towards its means, so
// that noise does not mislead the planner, says too little of each sample; this mends what it says and leaves
// what it decides.

#include <einet/base/assert.hpp>
#include <einet/base/floating.hpp>
#include <einet/predict/calibration.hpp>
#include <einet/predict/fitting_samples.hpp>
#include <einet/predict/predictor.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace einet {

/// Replaces the worth v of the answer in hand by a calibrated v', and what every worth w lacks, 1 - w, by
/// (1 - w) (1 - v') / (1 - v). That scales what every plan lacks by the same factor, so that the best plan is
/// the same one (but where a prediction would fall below 0, which is clamped).
template <predictor Predictor, std::size_t Knots = 33>
class CalibratedPredictor {
 public:
  static constexpr std::size_t size = Predictor::size;
  static constexpr std::size_t inputs = Predictor::inputs;
  static constexpr bool takes_unknown = detail::takes_unknown<Predictor>();

  /// @param calibration of what `predictor` takes the answer in hand to be worth
  /// @throws std::invalid_argument as `validate(calibration)`
  CalibratedPredictor(Predictor predictor, const Calibration<size, Knots>& calibration)
      : predictor_(std::move(predictor)),
        calibration_(std::make_shared<const Calibration<size, Knots>>(calibration)) {
    validate(calibration);
    reset();
  }

  void reset() noexcept {
    predictor_.reset();
    for (std::size_t k = 0; k < size; ++k) confidences_[k] = as_probability(predictor_.confidences()[k]);
  }

  /// @pre as that of the predictor
  void observe(std::size_t exit, std::span<const float, inputs> seen) noexcept {
    EINET_ASSERT(exit < size);
    predictor_.observe(exit, seen);
    const auto& said = predictor_.confidences();
    const float in_hand = as_probability(said[exit]);
    const float worth = (*calibration_)(exit, in_hand);
    // An answer beyond doubt lacks nothing that could be scaled.
    constexpr float least = 1e-6f;
    const float lack = 1 - in_hand;
    const float factor = (1 - worth) / (lack > least ? lack : least);
    for (std::size_t k = 0; k < size; ++k) confidences_[k] = as_probability(1 - (1 - said[k]) * factor);
    confidences_[exit] = worth;
  }

  [[nodiscard]] const std::array<float, size>& confidences() const noexcept { return confidences_; }

 private:
  Predictor predictor_;
  std::shared_ptr<const Calibration<size, Knots>> calibration_;
  std::array<float, size> confidences_{};
};

/// Calibrates what `predictor` takes every exit's answer to be worth when all exits are run.
/// @param samples as many inputs as the predictor's; best not those it was fitted on
/// @throws std::invalid_argument as `validate(samples, Target::correctness)`
template <std::size_t Knots = 33, predictor Predictor>
[[nodiscard]] CalibratedPredictor<Predictor, Knots> calibrated(
    Predictor predictor, const FittingSamples<Predictor::size, Predictor::inputs>& samples) {
  validate(samples, Target::correctness);
  constexpr std::size_t n = Predictor::size;
  std::vector<typename FittingSamples<n>::Row> worths(samples.count());
  Predictor running = predictor;
  for (std::size_t s = 0; s < samples.count(); ++s) {
    running.reset();
    for (std::size_t k = 0; k < n; ++k) {
      running.observe(k, samples.inputs[s][k]);
      worths[s][k][0] = running.confidences()[k];
    }
  }
  return {std::move(predictor), fit_calibration<Knots>(FittingSamples<n>{worths, samples.correct})};
}

}  // namespace einet

#pragma once
// Calibration: makes a confidence of 0.8 mean right in 8 of 10 cases. The planner maximises the confidences
// it is given, and those of softmax are too high. Isotonic, per exit (Zadrozny and Elkan 2002).

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/exits.hpp>
#include <einet/predict/fitting_samples.hpp>
#include <einet/predict/isotonic.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace einet {

/// Maps the confidence of each exit to the probability that its output is right.
template <std::size_t N, std::size_t Knots = 33>
struct Calibration {
  static constexpr std::size_t exits = N;
  static constexpr std::size_t knots = Knots;

  std::array<KnotTable<Knots>, most_exits<N>> tables{};
  [[no_unique_address]] ExitCount<N> counted{};  ///< the number of exits, where it is known only at run time

  [[nodiscard]] constexpr std::size_t exit_count() const noexcept { return counted.exit_count(); }

  /// @param confidence clamped to [0, 1], NaN to 0
  /// @pre exit < exit_count()
  [[nodiscard]] constexpr float operator()(std::size_t exit, float confidence) const noexcept {
    EINET_ASSERT(exit < exit_count());
    return as_probability(tables[exit](confidence));
  }

  /// For saving and loading, as in GaussianParameters: one tensor per exit.
  template <class F>
  void for_each_tensor(F&& f) {
    for (std::size_t k = 0; k < exit_count(); ++k)
      f("exit" + std::to_string(k), std::span<const std::size_t>(shape), std::span<float>(tables[k].values));
  }
  template <class F>
  void for_each_tensor(F&& f) const {
    for (std::size_t k = 0; k < exit_count(); ++k)
      f("exit" + std::to_string(k), std::span<const std::size_t>(shape),
        std::span<const float>(tables[k].values));
  }

  friend bool operator==(const Calibration&, const Calibration&) = default;

 private:
  static constexpr std::array<std::size_t, 1> shape{Knots};
};

/// @throws std::invalid_argument naming the exit and the knot whose value is not a probability
template <std::size_t N, std::size_t Knots>
void validate(const Calibration<N, Knots>& calibration) {
  for (std::size_t k = 0; k < calibration.exit_count(); ++k)
    for (std::size_t i = 0; i < Knots; ++i)
      if (const float value = calibration.tables[k].values[i]; !nearly_probability(value))
        detail::refuse("Calibration", {"tables", k, i}, detail::number(value), "a probability in [0, 1]");
}

/// Fits the isotonic calibration of every exit. Use samples that the network was not trained on.
/// @throws std::invalid_argument as `validate(samples, Target::correctness)`
template <std::size_t Knots = 33, std::size_t N, std::size_t Inputs>
[[nodiscard]] Calibration<N, Knots> fit_calibration(const FittingSamples<N, Inputs>& samples) {
  validate(samples, Target::correctness);
  Calibration<N, Knots> calibration{{}, samples.counted};
  std::vector<float> confidence(samples.count()), correct(samples.count());
  for (std::size_t k = 0; k < samples.exit_count(); ++k) {
    for (std::size_t s = 0; s < samples.count(); ++s) {
      confidence[s] = samples.confidence(s, k);
      correct[s] = samples.correct[s][k] ? 1.f : 0.f;
    }
    calibration.tables[k] = fit_isotonic<Knots>(confidence, correct);
  }
  return calibration;
}

}  // namespace einet

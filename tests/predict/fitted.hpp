#pragma once
// Every predictor of the library, fitted as a user would, so that a promise of all of them is tested on each;
// and the samples that are hardest to fit.

#include "predict/samples.hpp"

#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/cs_trainer.hpp>
#include <einet/paper/cs_trainer_options.hpp>
#include <einet/predict/gaussian_fit.hpp>
#include <einet/predict/gaussian_predictor.hpp>
#include <einet/predict/prior_predictor.hpp>
#include <einet/predict/quadratic_predictor.hpp>
#include <einet/predict/table_fit.hpp>
#include <einet/predict/table_predictor.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace einet::test {

/// Fitted<Predictor>::on(samples, target) -> Predictor
template <class Predictor>
struct Fitted;

template <std::size_t N>
struct Fitted<PriorPredictor<N>> {
  static PriorPredictor<N> on(const FittingSamples<N>& samples, Target target) {
    return PriorPredictor<N>{target_means(samples, target)};
  }
};
template <std::size_t N, std::size_t Knots>
struct Fitted<TablePredictor<N, Knots>> {
  static TablePredictor<N, Knots> on(const FittingSamples<N>& samples, Target target) {
    return TablePredictor<N, Knots>{fit_table<N, Knots>(samples, {target, 0})};
  }
};
template <std::size_t N, std::size_t Inputs>
struct Fitted<GaussianPredictor<N, Inputs>> {
  static GaussianPredictor<N, Inputs> on(const FittingSamples<N, Inputs>& samples, Target target) {
    GaussianFitOptions<Inputs> options;
    options.target = target;
    options.noise = 1e-4;
    return GaussianPredictor<N, Inputs>{fit_gaussian(samples, options)};
  }
};
template <std::size_t N>
struct Fitted<QuadraticPredictor<N>> {
  static QuadraticPredictor<N> on(const FittingSamples<N>& samples, Target target) {
    return QuadraticPredictor<N>{fit_quadratic(samples, target, 1e-4)};
  }
};
template <std::size_t N, std::size_t H, class Format>
struct Fitted<CsPredictor<N, H, Format>> {
  static CsPredictor<N, H, Format> on(const FittingSamples<N>& samples, Target target) {
    CsTrainerOptions options;
    options.target = target;
    options.epochs = 2;
    options.batch = 16;
    // With one sample none can be held back, so it is given twice.
    if (samples.count() == 1 && samples.correct.size() == 1) {
      const std::vector<typename FittingSamples<N>::Row> inputs(2, samples.inputs[0]);
      const std::vector<std::array<bool, N>> correct(2, samples.correct[0]);
      return on(FittingSamples<N>{inputs, correct}, target);
    }
    const auto fit = train_cs_predictor<H>(samples, options);
    return CsPredictor<N, H, Format>{fit.parameters};
  }
};
/// Samples that tell a fit little, each with what is odd about it.
template <std::size_t N, std::size_t Inputs>
[[nodiscard]] std::vector<std::pair<std::string, Samples<N, Inputs>>> odd_samples(std::mt19937& random) {
  using Limits = std::numeric_limits<float>;
  std::vector<std::pair<std::string, Samples<N, Inputs>>> all;
  const auto add = [&](std::string name, std::size_t count, auto change) {
    auto samples = random_samples<N, Inputs>(count, random);
    for (std::size_t s = 0; s < count; ++s)
      for (std::size_t k = 0; k < N; ++k) {
        bool right = samples.correct[s][k];
        change(s, samples.inputs[s][k], right);
        samples.correct[s][k] = right;
      }
    all.emplace_back(std::move(name), std::move(samples));
  };
  using Seen = std::array<float, Inputs>;
  const auto all_inputs = [](auto value) {
    return [value](std::size_t s, Seen& seen, bool&) { seen.fill(value(s)); };
  };
  add("as usual", 60, [](std::size_t, Seen&, bool&) {});
  add("one sample", 1, [](std::size_t, Seen&, bool&) {});
  add("two samples", 2, [](std::size_t, Seen&, bool&) {});
  add("all wrong", 30, [](std::size_t, Seen&, bool& right) { right = false; });
  add("all right", 30, [](std::size_t, Seen&, bool& right) { right = true; });
  add("never sure", 30, all_inputs([](std::size_t) { return 0.f; }));
  add("always sure", 30, all_inputs([](std::size_t) { return 1.f; }));
  add("always equally sure", 30, all_inputs([](std::size_t) { return .3f; }));
  add("an ulp apart", 30,
      all_inputs([](std::size_t s) { return s % 2 == 0 ? .5f : std::nextafter(.5f, 1.f); }));
  add("denormals", 30,
      all_inputs([](std::size_t s) { return static_cast<float>(s % 7) * Limits::denorm_min(); }));
  add("a denormal among zeros", 30, all_inputs([](std::size_t s) { return s == 3 ? 1e-40f : 0.f; }));
  add("an outlier", 30, all_inputs([](std::size_t s) { return s == 3 ? 1.f : 0.f; }));
  add("a rounding outside [0, 1]", 30,
      all_inputs([](std::size_t s) { return s % 2 == 0 ? std::nextafter(1.f, 2.f) : -1e-6f; }));
  add("far inputs", 30, [](std::size_t s, Seen& seen, bool&) {
    for (std::size_t i = 1; i < Inputs; ++i) seen[i] = s % 2 == 0 ? largest_input : -largest_input;
  });
  return all;
}

}  // namespace einet::test

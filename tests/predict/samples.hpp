#pragma once
// Random fitting samples whose exits depend on each other as those of a network do.

#include <einet/predict/fitting_samples.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

namespace einet::test {

/// Owns what a FittingSamples views.
template <std::size_t N, std::size_t Inputs = 1>
struct Samples {
  std::vector<typename FittingSamples<N, Inputs>::Row> inputs;
  std::vector<std::array<bool, N>> correct;
  [[nodiscard]] FittingSamples<N, Inputs> view() const { return {inputs, correct}; }
};

/// Each sample has an ease, which grows unsteadily from exit to exit; the confidence reflects it, further
/// inputs reflect it less, and the easier the sample, the more likely the answer is right.
template <std::size_t N, std::size_t Inputs = 1>
[[nodiscard]] Samples<N, Inputs> random_samples(std::size_t count, std::mt19937& random) {
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> share(0, 1);
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  Samples<N, Inputs> samples;
  samples.inputs.resize(count);
  samples.correct.resize(count);
  for (std::size_t s = 0; s < count; ++s) {
    double ease = normal(random) - .5;
    for (std::size_t k = 0; k < N; ++k) {
      ease += .3 * normal(random) + 2. / N;
      for (std::size_t i = 0; i < Inputs; ++i)
        samples.inputs[s][k][i] =
            static_cast<float>(i == 0 ? sigmoid(ease) : ease * static_cast<double>(i) + normal(random));
      samples.correct[s][k] = share(random) < sigmoid(1.5 * ease - .3);
    }
  }
  return samples;
}

}  // namespace einet::test

#pragma once
// What every engine's example does with its network: fits a planner, and stops runs at random moments.

#include "images.hpp"

#include <einet/einet.hpp>
#include <einet/profile/fit.hpp>
#include <einet/profile/gather_confidences.hpp>
#include <einet/profile/measure_times.hpp>

#include <cstddef>
#include <cstdio>
#include <random>

namespace example {

inline constexpr std::size_t exits = 14, classes = 10;  // of the networks whose parts the examples take

/// @param load load(features, sample) fills the features with a test image
/// @param run run(runner, seconds) runs the image that is loaded, and stops it after so long
template <class Network, class Features, class Load, class Run>
void stop_runs(Network& network, Features& features, const TestImages& images, const Load& load,
               const Run& run) {
  constexpr std::size_t fitted = 500, runs = 200;
  // What the planner must know: how long the blocks take, and how their confidences depend on each other.
  const auto times = einet::measure_times<exits>(network, features, load).median;
  const einet::QuadraticPredictor<exits> predictor{einet::fit_quadratic(einet::gather_confidences<exits>(
      network, features, fitted, load, [&](std::size_t sample) { return images.label(sample); }))};

  einet::LocalSlot<einet::Scores<classes>> slot;
  einet::ElasticRunner runner{network, einet::Planner{times, predictor}, slot};
  std::mt19937 random(1);
  std::uniform_real_distribution<double> moment(0, times.total());
  std::size_t answered = 0, right = 0;
  for (std::size_t sample = fitted; sample < fitted + runs; ++sample) {
    load(features, sample);
    run(runner, moment(random));
    const auto answer = slot.read();
    if (!answer) continue;
    ++answered;
    if (static_cast<std::size_t>(answer->output.label) == images.label(sample)) ++right;
  }
  std::printf(
      "%zu blocks take %.2f ms; of %zu runs that were stopped, %zu have an answer, %zu the right one\n",
      network.size(), 1e3 * times.total(), runs, answered, right);
}

}  // namespace example

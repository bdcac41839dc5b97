#pragma once
// What the runner adds to the blocks of any engine: runs in turns with a plain loop over the same blocks.

#include <einet/einet.hpp>
#include <einet/profile/keep.hpp>
#include <einet/profile/measure_times.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

namespace einet::bench {

inline constexpr std::size_t engine_exits = 14, engine_classes = 10;  // of the VGG-16

/// Runs `network` on the features that `load(features)` fills, with a fixed plan of all exits, `turns` times
/// after as many that do not count, and prints a row. Runs and plain loops alternate, each pair in the other
/// order than the one before, because the machine's speed drifts.
template <class Network, class Features, class Load>
void print_engine_overhead(const char* name, Network& network, Features& features, const Load& load,
                           std::size_t turns) {
  constexpr std::size_t N = engine_exits;
  const auto times = measure_times<N>(network, features, [&](Features& to, std::size_t) { load(to); },
                                      {.warm_up = 3, .repeats = 11});
  LocalSlot<Scores<engine_classes>> slot;
  std::array<float, N> prior{};
  prior.fill(.5f);
  ElasticRunner runner{
      network, Planner{times.median, PriorPredictor<N>{prior}, FixedPlan<N>{ExitPlan<N>::all()}}, slot};
  const auto timed = [&](const auto& work) {
    load(features);
    const double begin = SteadyClock::now();
    work();
    return SteadyClock::now() - begin;
  };
  const auto loop = [&] {
    for (std::size_t k = 0; k < N; ++k) {
      network[k].advance(features);
      detail::keep(network[k].classify(features));
    }
  };
  const auto run = [&] { detail::keep(runner.run(features)); };
  std::vector<double> loops, runs, ratios;
  for (std::size_t turn = 0; turn < 2 * turns; ++turn) {
    double in_loop = 0, in_run = 0;
    if (turn % 2 == 0) {
      in_loop = timed(loop);
      in_run = timed(run);
    } else {
      in_run = timed(run);
      in_loop = timed(loop);
    }
    if (turn < turns) continue;
    loops.push_back(in_loop);
    runs.push_back(in_run);
    ratios.push_back(in_run / in_loop);
  }
  const double least_loop = *std::ranges::min_element(loops), least_run = *std::ranges::min_element(runs);
  std::printf("%-14s %10.1f %10.1f %9.2f%% %12.2f%%\n", name, 1e6 * percentile(loops, .5),
              1e6 * percentile(runs, .5), 100 * (percentile(ratios, .5) - 1),
              100 * (least_run / least_loop - 1));
  std::fflush(stdout);
}

/// One row each; only where the library is installed.
/// @param folder of the parts of a VGG-16 of width 1
void libtorch_overhead(const std::string& folder, std::size_t turns);
void onnxruntime_overhead(const std::string& folder, std::size_t turns);
void onednn_overhead(std::size_t turns);

/// Numbers for an image of 32 x 32 x 3.
[[nodiscard]] std::vector<float> engine_image();

}  // namespace einet::bench

// What the runner adds to a network that it runs without planning: in turns with a bare loop over the same
// blocks.

#include "runner/commands.hpp"
#include "runner/demo_network.hpp"

#include <einet/einet.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

namespace einet::bench {

namespace {

constexpr std::size_t images = 100, turns = 15;

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

}  // namespace

int overhead(int count, char** arguments) try {
  if (count > 0 && std::string_view(arguments[0]) == "--help") {
    std::printf(
        "bench_runner overhead: the shipped network with a fixed plan of all exits, %zu images, %zu times "
        "each\n",
        images, turns);
    return 0;
  }
  if (count > 0) {
    std::fprintf(stderr, "bench_runner overhead: '%s' is unknown; see --help\n", arguments[0]);
    return 2;
  }
  constexpr std::size_t N = DemoNetwork::exits;
  DemoNetwork demo(images);
  const auto times = demo.measure(51).median;
  const FixedPlan<N> all{ExitPlan<N>::all()};
  LocalSlot<DemoNetwork::Output> slot;
  const PriorPredictor<N> prior{demo.profile.accuracy()};
  ElasticRunner runner{demo.network, Planner{times, prior, all}, slot};
  ElasticRunner rigid{demo.network, Planner{times, prior, all, {.follow_pace = false}}, slot};

  const auto bare = [&] {
    for (std::size_t k = 0; k < N; ++k) {
      demo.network[k].advance(demo.features);
      auto output = demo.network[k].classify(demo.features);
      benchmark::DoNotOptimize(output);
    }
  };
  const auto timed = [&](std::size_t image, const auto& work) {
    demo.load(image);
    const double begin = SteadyClock::now();
    work();
    return SteadyClock::now() - begin;
  };
  // Runs alternate on every image, because the machine's speed drifts; the fastest counts, because any
  // disturbance only delays.
  std::vector<double> loop(images, 1), run(images, 1), without_pace(images, 1);
  for (std::size_t turn = 0; turn < turns; ++turn)
    for (std::size_t image = 0; image < images; ++image) {
      loop[image] = (std::min)(loop[image], timed(image, bare));
      run[image] = (std::min)(run[image], timed(image, [&] { runner.run(demo.features); }));
      without_pace[image] = (std::min)(without_pace[image], timed(image, [&] { rigid.run(demo.features); }));
    }
  const double base = median(loop);
  const auto print = [&](const char* name, const std::vector<double>& seconds) {
    std::vector<double> added;
    for (std::size_t k = 0; k < images; ++k) added.push_back(seconds[k] / loop[k] - 1);
    std::printf("%-36s %10.1f %9.2f%%\n", name, median(seconds) * 1e6, 100 * median(added));
  };
  std::printf("%-36s %10s %10s   (wanted: under 1 %%)\n", "shipped network, all exits", "us", "added");
  std::printf("%-36s %10.1f\n", "bare loop", base * 1e6);
  print("runner, fixed plan", run);
  print("  the same, not following its pace", without_pace);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_runner overhead: %s\n", error.what());
  return 1;
}

}  // namespace einet::bench

#pragma once
// How samples arrive: what is alike in cars, cameras and queues, made up.

#include <einet/eval/stream.hpp>
#include <einet/run/stream_scheduler.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace example::stream {

enum class Scenario {
  even,      ///< one by one, with some jitter
  bursts,    ///< eight at once (paper, Fig. 1)
  periodic,  ///< from tasks of different periods, a sample due when the next one of its task comes
  slow       ///< evenly, but the device runs at half speed in the middle third
};

inline constexpr std::array all_scenarios{Scenario::even, Scenario::bursts, Scenario::periodic,
                                          Scenario::slow};

[[nodiscard]] constexpr const char* name_of(Scenario scenario) noexcept {
  constexpr std::array names{"even", "bursts", "periodic", "slow"};
  return names[static_cast<std::size_t>(scenario)];
}

/// The name in tables and plots.
[[nodiscard]] constexpr const char* title_of(Scenario scenario) noexcept {
  constexpr std::array titles{"even arrivals", "bursts of 8", "periodic tasks",
                              "half speed in the middle third"};
  return titles[static_cast<std::size_t>(scenario)];
}

/// How many samples come, and how fast.
struct Rhythm {
  std::size_t samples;
  double whole;      ///< seconds that the whole network takes
  double rate;       ///< samples in that time
  bool undisturbed;  ///< nothing preempts the device
  std::uint64_t seed;

  [[nodiscard]] double period() const noexcept { return whole / rate; }
  /// Mean seconds between two preemptions.
  [[nodiscard]] double away_every() const noexcept { return undisturbed ? 1000 * whole : 20 * whole; }
};

/// A stream, and how the device does meanwhile.
struct Scene {
  einet::eval::Stream stream;
  double patience = 0;  ///< seconds from arrival until a sample is due, the median
  double slow_from = std::numeric_limits<double>::infinity(), slow_until = slow_from;  ///< at half speed

  [[nodiscard]] bool slow(double seconds) const noexcept {
    return seconds >= slow_from && seconds < slow_until;
  }
};

/// The samples of tasks whose periods have the ratios of those in cars: 1 to 1,000 ms (Kramer, Ziegenbein and
/// Hamann, "Real world automotive benchmarks for free", 2015). The phases are random.
/// @param period mean seconds between two samples of any task
[[nodiscard]] inline std::vector<einet::StreamSample> periodic_samples(std::size_t samples, double period,
                                                                       std::uint64_t seed) {
  constexpr std::array periods{1., 2., 5., 10., 20., 50., 100., 200., 1000.};
  double rate = 0;
  for (const double each : periods) rate += 1 / each;
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> phase(0, 1);
  std::vector<einet::StreamSample> all;
  for (const double ratio : periods) {
    const double own = ratio * rate * period;
    // As many as could ever be among the first `samples`.
    const double end = static_cast<double>(samples + periods.size()) * period;
    for (double at = phase(random) * own; at <= end; at += own) all.push_back({0, at, at + own});
  }
  std::ranges::sort(all, {}, &einet::StreamSample::arrived);
  if (all.size() > samples) all.resize(samples);
  for (std::size_t k = 0; k < all.size(); ++k) all[k].id = k;
  return all;
}

[[nodiscard]] inline Scene make_scene(Scenario scenario, const Rhythm& rhythm) {
  einet::eval::StreamPattern pattern;
  pattern.samples = rhythm.samples;
  pattern.period = rhythm.period();
  pattern.seed = rhythm.seed;
  if (scenario == Scenario::bursts) {
    pattern.burst = 8;
    pattern.patience = 8 * pattern.period;
  } else {
    pattern.jitter = .2;
    pattern.patience = (std::max)(2 * pattern.period, rhythm.whole);
  }
  if (!rhythm.undisturbed) {
    pattern.away_every = rhythm.away_every();
    pattern.away_for = rhythm.away_every() / 10;
  }
  Scene scene{einet::eval::make_stream(pattern)};
  if (scenario == Scenario::periodic)
    scene.stream.samples = periodic_samples(rhythm.samples, pattern.period, rhythm.seed);
  if (scenario == Scenario::slow) {
    const double end = static_cast<double>(rhythm.samples) * pattern.period;
    scene.slow_from = end / 3;
    scene.slow_until = 2 * end / 3;
  }
  std::vector<double> patience;
  for (const auto& sample : scene.stream.samples) patience.push_back(sample.due - sample.arrived);
  const auto middle = patience.begin() + static_cast<std::ptrdiff_t>(patience.size() / 2);
  std::ranges::nth_element(patience, middle);
  scene.patience = *middle;
  return scene;
}

}  // namespace example::stream

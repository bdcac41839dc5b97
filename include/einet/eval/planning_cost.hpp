#pragma once
// What a planner's every decision costs on this machine, so that replays can charge it.

#include <einet/plan/time_profile.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/measure_times.hpp>
#include <einet/profile/replay.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/observation.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace einet::eval {

namespace detail {

/// Plannings as they are timed by a StopwatchClock.
struct Stopwatch {
  VirtualTime time;             ///< of the replay
  double asked = 0;             ///< real seconds when the runner last asked for the time
  std::vector<double> seconds;  ///< real ones, of every planning
};

/// Shows a replay the virtual time, on which planning takes none, and notes what it takes in reality: the
/// runner asks for the time when an output is ready, and calls charge_planning() when it has planned.
class StopwatchClock {
 public:
  explicit StopwatchClock(Stopwatch& watch) noexcept : watch_(&watch) {}

  /// @pre `watch.seconds` has room, as it does not allocate
  void charge_planning() const noexcept { watch_->seconds.push_back(SteadyClock::now() - watch_->asked); }
  [[nodiscard]] double now() const noexcept {
    watch_->asked = SteadyClock::now();
    return watch_->time.seconds();
  }

 private:
  Stopwatch* watch_;
};

}  // namespace detail

/// Median seconds from an output to the next decision: publishing it to a LocalSlot, observing it, planning.
/// Taken over runs of the samples of `outputs` as the planner itself plans them. What an observation computes
/// from a network's own outputs, such as the entropy of many classes, is not in it: a profile has it ready.
/// @param samples at most so many of them
/// @param observe what the planner's predictor observes
/// @return 0 for a planner that never plans an exit
/// @throws std::invalid_argument if margins or entropies are observed and `outputs` has none
template <std::size_t N, class Planner, class Observation = OwnSignals<Planner::signals>>
[[nodiscard]] double median_planning_seconds(const Planner& planner, const ConfidenceProfile<N>& outputs,
                                             std::size_t samples = 200, const Observation& observe = {}) {
  using Output = replayed_output<Observation>;
  const TimeProfile<N>& times = planner.times();
  const auto blocks = replay<Output>(times, outputs);
  const std::size_t count = (std::min)(samples, outputs.size());
  detail::Stopwatch watch;
  watch.seconds.reserve(count * N);
  LocalSlot<Output> slot;
  ElasticRunner runner{blocks, planner, slot, detail::StopwatchClock{watch}, observe};
  for (std::size_t s = 0; s < count; ++s) {
    watch.time.reset();
    ReplayedSample on{s, &watch.time};
    runner.run(on);
  }
  return watch.seconds.empty() ? 0 : einet::detail::percentile(watch.seconds, 0.5);
}

}  // namespace einet::eval

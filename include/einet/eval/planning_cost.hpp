#pragma once
// What each decision of a planner costs on this machine, so that replays can charge it.

#include <einet/plan/time_profile.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/measure_times.hpp>
#include <einet/profile/replay.hpp>
#include <einet/run/answer_policy.hpp>
#include <einet/run/block.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/observation.hpp>
#include <einet/run/planner.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

namespace einet::eval {

namespace detail {

/// Times of decisions, as taken by a StopwatchClock.
struct Stopwatch {
  VirtualTime time;             ///< of the replay
  double ready = -1;            ///< virtual moment when the newest output or conv part was there
  double asked = 0;             ///< real moment when the runner first asked for the time after it
  std::vector<double> seconds;  ///< real ones, of every planning
};

/// Shows a replay the virtual time, on which planning takes no time, and notes the time that it takes on the
/// `Real` clock: the runner asks for the time when an output is ready, and calls charge_planning() when it
/// has planned.
template <run_clock Real>
class StopwatchClock {
 public:
  StopwatchClock(Stopwatch& watch, Real real) noexcept : watch_(&watch), real_(std::move(real)) {}

  /// @pre `watch.seconds` has room, because this does not allocate
  void charge_planning() const noexcept {
    watch_->seconds.push_back(real_.now() - watch_->asked);
    watch_->ready = -1;  // a block may take no time
  }
  /// The runner may ask again while it decides; virtual time does not pass meanwhile.
  [[nodiscard]] double now() const noexcept {
    const double time = watch_->time.seconds();
    if (time != watch_->ready) {
      watch_->ready = time;
      watch_->asked = real_.now();
    }
    return time;
  }

 private:
  Stopwatch* watch_;
  [[no_unique_address]] Real real_;
};

}  // namespace detail

/// Median seconds from an output to the next decision: applying the answer policy, publishing to a LocalSlot,
/// observing, planning. Taken over runs of the samples that follow the planner itself.
/// @param blocks a network over ReplayedSample, such as `replay(times, outputs)`; it must outlive the call
/// @param samples number of samples, from the first on
/// @param real the clock that times them
/// @return 0 for a planner that never plans an exit
template <class Network, class Planner, class Observation = OwnInputs<Planner::inputs>,
          class Answers = NewestAnswer, run_clock Clock = SteadyClock>
requires elastic_network<Network>
[[nodiscard]] double median_planning_seconds(const Planner& planner, const Network& blocks,
                                             std::size_t samples, const Observation& observe = {},
                                             const Answers& answers = {}, Clock real = {}) {
  using Output = decltype(blocks[0].classify(std::declval<const ReplayedSample&>()));
  detail::Stopwatch watch;
  watch.seconds.reserve(samples * block_count(blocks));
  LocalSlot<Output> slot;
  ElasticRunner runner{blocks,  planner, slot, detail::StopwatchClock{watch, std::move(real)},
                       observe, answers};
  for (std::size_t s = 0; s < samples; ++s) {
    watch.time.reset();
    ReplayedSample on{s, &watch.time};
    runner.run(on);
  }
  return watch.seconds.empty() ? 0 : einet::percentile(watch.seconds, 0.5);
}

/// The same over the samples of `outputs`, with the newest output as the answer.
/// @param samples at most this many
/// @param observe what the planner's predictor observes
template <std::size_t N, class Planner, class Observation = OwnInputs<Planner::inputs>>
[[nodiscard]] double median_planning_seconds(const Planner& planner, const ConfidenceProfile<N>& outputs,
                                             std::size_t samples = 200, const Observation& observe = {}) {
  const TimeProfile<N>& times = planner.times();
  const auto blocks = replay(times, outputs);
  return median_planning_seconds(planner, blocks, (std::min)(samples, outputs.samples()), observe);
}

}  // namespace einet::eval

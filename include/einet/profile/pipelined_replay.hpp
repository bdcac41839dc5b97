#pragma once
// Replays profiles as blocks whose branches run beside the backbone: the real runner for two cores, on a
// virtual clock for each.

#include <einet/base/assert.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/replay.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/stop.hpp>

#include <cstddef>

namespace einet {

/// The times of both cores.
struct PipelinedTime {
  VirtualTime branches;
  VirtualTime backbone;

  void reset() noexcept {
    branches.reset();
    backbone.reset();
  }
};

/// The "features" of a replay: the current sample, and the times that it spends.
struct PipelinedSample {
  std::size_t sample;
  PipelinedTime* time;
};

/// A block that takes its profiled times on one core or the other, and yields its profiled outputs.
template <std::size_t N>
class PipelinedReplayBlock {
 public:
  static constexpr bool concurrent_branches = true;

  /// Both profiles must outlive it.
  PipelinedReplayBlock(const TimeProfile<N>& times, const ConfidenceProfile<N>& outputs,
                       std::size_t exit) noexcept
      : times_(&times), outputs_(&outputs), exit_(exit) {}
  PipelinedReplayBlock(const TimeProfile<N>&&, const ConfidenceProfile<N>&, std::size_t) = delete;
  PipelinedReplayBlock(const TimeProfile<N>&, const ConfidenceProfile<N>&&, std::size_t) = delete;

  template <pollable_stop Stop>
  bool advance(PipelinedSample& on, const Stop&) const noexcept {
    on.time->backbone.advance(times_->conv[exit_]);
    return true;
  }

  /// @pre on.sample < samples of the profile
  [[nodiscard]] Answer classify(const PipelinedSample& on) const noexcept {
    on.time->branches.advance(times_->branch[exit_]);
    return profiled_output(*outputs_, on.sample, exit_);
  }

 private:
  const TimeProfile<N>* times_;
  const ConfidenceProfile<N>* outputs_;
  std::size_t exit_;
};

/// The network that the profiles describe, for PipelinedRunner. Both profiles must outlive it.
template <std::size_t N>
[[nodiscard]] ReplayNetwork<PipelinedReplayBlock<N>, N> pipelined_replay(
    const TimeProfile<N>& times, const ConfidenceProfile<N>& outputs) {
  return detail::replay_blocks<PipelinedReplayBlock<N>>(times, outputs);
}
template <std::size_t N>
ReplayNetwork<PipelinedReplayBlock<N>, N> pipelined_replay(const TimeProfile<N>&&,
                                                           const ConfidenceProfile<N>&) = delete;
template <std::size_t N>
ReplayNetwork<PipelinedReplayBlock<N>, N> pipelined_replay(const TimeProfile<N>&,
                                                           const ConfidenceProfile<N>&&) = delete;

/// Shows the branch core's time, and the backbone's to the backbone; charges a fixed time for every planning,
/// on the branch core alone. The time must outlive it.
class PipelinedClock {
 public:
  /// @param planning seconds that one planning takes, >= 0
  explicit PipelinedClock(PipelinedTime& time, double planning = 0) noexcept
      : time_(&time), planning_(planning) {}

  [[nodiscard]] double now() const noexcept { return time_->branches.seconds(); }
  [[nodiscard]] double backbone_now() const noexcept { return time_->backbone.seconds(); }
  void wait_until(double moment) const noexcept { time_->branches.wait_until(moment); }
  void charge_planning() const noexcept { time_->branches.advance(planning_); }

 private:
  PipelinedTime* time_;
  double planning_;
};

/// The companion of a replay, which needs no second thread: the backbone, whose time is its own, runs to its
/// end at once.
struct ReplayCompanion {
  static void start(void (*job)(void*) noexcept, void* of) noexcept { job(of); }
  static void join() noexcept {}
};

}  // namespace einet

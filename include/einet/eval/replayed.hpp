#pragma once
// A planner judged on a replayed profile: the product's runner runs every sample to the end on the virtual
// clock, and the answer in hand at the stop is integrated over the stop-time law in closed form, sample by
// sample.

#include <einet/base/assert.hpp>
#include <einet/eval/judged.hpp>
#include <einet/eval/timelines.hpp>
#include <einet/paper/executor.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/replay.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/answer_policy.hpp>
#include <einet/run/block.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/observation.hpp>
#include <einet/run/planner.hpp>
#include <einet/run/slot.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace einet::eval {

/// A slot that keeps all outputs of a run, with the virtual moments at which they were ready.
/// @tparam Answered type of the outputs
template <std::size_t N, class Answered = Answer>
class RecordingSlot {
 public:
  using value_type = Answered;
  /// One publication.
  struct Output {
    double ready;  ///< seconds since the start of the run
    std::size_t exit;
    Answered answer;
  };

  explicit RecordingSlot(const VirtualTime& time) noexcept : time_(&time) {}
  explicit RecordingSlot(const VirtualTime&&) = delete;  // it would dangle

  void begin_run() noexcept { count_ = 0; }
  void publish(const Answered& answer, std::size_t exit) noexcept {
    EINET_ASSERT(count_ < most_exits<N>);
    outputs_[count_++] = {time_->seconds(), exit, answer};
  }
  [[nodiscard]] std::optional<Published<Answered>> read() const noexcept {
    if (count_ == 0) return std::nullopt;
    return Published<Answered>{outputs_[count_ - 1].answer, outputs_[count_ - 1].exit};
  }

  /// Number of outputs of this run, and the outputs themselves.
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] const Output& operator[](std::size_t index) const noexcept { return outputs_[index]; }

 private:
  const VirtualTime* time_;
  std::array<Output, most_exits<N>> outputs_{};
  std::size_t count_ = 0;
};

/// Runs every sample to the end. Samples are divided into pieces of fixed size, each run by its own copy of
/// planner and policies, so that the result does not depend on the executor.
/// @param blocks a network over ReplayedSample, such as `replay(times, outputs)`; it must outlive the call
/// @param label [samples] true classes; the outputs must have a `label`
/// @param planning seconds charged for every planning
template <class Network, class Planner, class Observation = OwnInputs<Planner::inputs>,
          class Answers = NewestAnswer, task_executor Executor = Serial>
requires elastic_network<Network>
[[nodiscard]] Timelines replay_runs(const Planner& planner, const Network& blocks,
                                    std::span<const std::int32_t> label, double planning,
                                    const Observation& observe = {}, const Answers& answers = {},
                                    const Executor& run = {}) {
  using Output = decltype(blocks[0].classify(std::declval<const ReplayedSample&>()));
  constexpr std::size_t piece = 128;
  Timelines runs(label.size(), block_count(blocks));
  run((label.size() + piece - 1) / piece, [&](std::size_t p) {
    VirtualTime time;
    RecordingSlot<Planner::exits, Output> slot{time};
    ElasticRunner runner{blocks, planner, slot, VirtualClock{time, planning}, observe, answers};
    const std::size_t end = (std::min)((p + 1) * piece, label.size());
    for (std::size_t sample = p * piece; sample < end; ++sample) {
      time.reset();
      ReplayedSample on{sample, &time};
      const auto result = runner.run(on);
      runs.clear(sample);
      for (std::size_t k = 0; k < slot.count(); ++k) {
        const auto& output = slot[k];
        runs.push(sample,
                  {output.ready, static_cast<std::uint32_t>(output.exit),
                   static_cast<float>(confidence(output.answer)), output.answer.label == label[sample]});
      }
      runs.set_seconds(sample, result.elapsed, result.planning);
    }
  });
  return runs;
}

/// Runs every sample of `outputs` under `planner` and integrates over `law`.
/// @param law with a horizon
/// @param planning seconds charged for every planning
/// @param observe what the planner's predictor observes; agreement is with the answer in hand
template <std::size_t N, class Planner, stop_law Law, class Observation = OwnInputs<Planner::inputs>,
          class Answers = NewestAnswer, task_executor Executor = Serial>
[[nodiscard]] Replayed replayed(const Planner& planner, const TimeProfile<N>& times,
                                const ConfidenceProfile<N>& outputs, const Law& law, double planning,
                                const Observation& observe = {}, const Answers& answers = {},
                                const Executor& run = {}) {
  const auto blocks = replay(times, outputs);
  return judged(replay_runs(planner, blocks, outputs.label, planning, observe, answers, run), law);
}

}  // namespace einet::eval

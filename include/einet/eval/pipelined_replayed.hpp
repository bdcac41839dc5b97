#pragma once
// A planner for two cores judged on a replayed profile: as replayed.hpp, with branches beside the backbone.

#include <einet/eval/judged.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/eval/timelines.hpp>
#include <einet/paper/executor.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/pipelined_replay.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/answer_policy.hpp>
#include <einet/run/observation.hpp>
#include <einet/run/pipelined_runner.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace einet::eval {

/// Runs every sample to the end, as replay_runs.
/// @param planning seconds charged for every planning, on the branch core: the backbone goes on meanwhile
template <std::size_t N, class Planner, class Observation = OwnInputs<Planner::inputs>,
          class Answers = NewestAnswer, task_executor Executor = Serial>
[[nodiscard]] Timelines replay_pipelined_runs(const Planner& planner, const TimeProfile<N>& times,
                                              const ConfidenceProfile<N>& outputs, double planning,
                                              const Observation& observe = {}, const Answers& answers = {},
                                              const Executor& run = {}) {
  constexpr std::size_t piece = 128;
  const auto blocks = pipelined_replay(times, outputs);
  const std::size_t samples = outputs.samples();
  Timelines runs(samples, times.exit_count());
  run((samples + piece - 1) / piece, [&](std::size_t p) {
    PipelinedTime time;
    ReplayCompanion companion;
    RecordingSlot<N> slot{time.branches};
    PipelinedRunner runner{blocks,  planner, slot, companion, PipelinedClock{time, planning},
                           observe, answers};
    for (std::size_t sample = p * piece; sample < (std::min)((p + 1) * piece, samples); ++sample) {
      time.reset();
      const auto result = runner.run(PipelinedSample{sample, &time});
      runs.clear(sample);
      for (std::size_t k = 0; k < slot.count(); ++k) {
        const auto& output = slot[k];
        runs.push(sample, {output.ready, static_cast<std::uint32_t>(output.exit), output.answer.confidence,
                           output.answer.label == outputs.label[sample]});
      }
      runs.set_seconds(sample, result.elapsed, result.planning);
    }
  });
  return runs;
}

/// Runs every sample of `outputs` under `planner` on two cores and integrates over `law`, as `replayed`.
template <std::size_t N, class Planner, stop_law Law, class Observation = OwnInputs<Planner::inputs>,
          class Answers = NewestAnswer, task_executor Executor = Serial>
[[nodiscard]] Replayed pipelined_replayed(const Planner& planner, const TimeProfile<N>& times,
                                          const ConfidenceProfile<N>& outputs, const Law& law,
                                          double planning, const Observation& observe = {},
                                          const Answers& answers = {}, const Executor& run = {}) {
  return judged(replay_pipelined_runs(planner, times, outputs, planning, observe, answers, run), law);
}

}  // namespace einet::eval

#pragma once
// A device on which the profile of a network is replayed, on a virtual clock.

#include "stream/scenario.hpp"

#include <einet/eval/stream.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/replay.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/price_curve.hpp>
#include <einet/run/stop.hpp>
#include <einet/run/stream_scheduler.hpp>

#include <cstddef>
#include <vector>

namespace example::stream {

template <std::size_t N>
class ReplayedDevice {
 public:
  /// Seconds that one planning takes.
  static constexpr double planning = 1e-6;

  /// Both must outlive it.
  ReplayedDevice(const einet::TimeProfile<N>& times, const einet::ConfidenceProfile<N>& outputs)
      : times_(&times), outputs_(&outputs) {}
  ReplayedDevice(const einet::TimeProfile<N>&&, const einet::ConfidenceProfile<N>&) = delete;
  ReplayedDevice(const einet::TimeProfile<N>&, const einet::ConfidenceProfile<N>&&) = delete;

  /// Samples that differ; longer streams repeat them.
  [[nodiscard]] std::size_t samples() const noexcept { return outputs_->samples(); }

  /// What becomes of a stream's samples.
  /// @param first seconds that a first answer takes
  /// @param begin begin(runner, turn) is called before every run
  template <class Planner, class Begin>
  [[nodiscard]] std::vector<einet::eval::Served> serve(const Planner& planner, const Scene& scene,
                                                       const einet::PriceCurve& curve, double first,
                                                       const Begin& begin) const {
    einet::TimeProfile<N> times = *times_, slow = *times_;
    for (double& seconds : slow.conv) seconds *= 2;
    for (double& seconds : slow.branch) seconds *= 2;
    const auto blocks = einet::replay(times, *outputs_);
    einet::VirtualTime time;
    einet::LocalSlot<einet::Answer> slot;
    einet::ElasticRunner runner{blocks, planner, slot, einet::VirtualClock{time, planning}};
    einet::StreamScheduler<> scheduler(curve, {.first_answer = first});
    const einet::VirtualClock clock{time};
    const auto wait = [&](double moment) {
      if (moment > time.seconds()) time.advance(moment - time.seconds());
    };
    return einet::eval::serve(
        scene.stream, clock, scheduler, wait, [&](const einet::StreamTurn& turn, double stop) {
          times = scene.slow(clock.now()) ? slow : *times_;
          begin(runner, turn);
          const std::size_t sample = turn.sample.id % samples();
          const auto run = runner.run(einet::ReplayedSample{sample, &time}, einet::StopAfter{clock, stop});
          einet::eval::Served served;
          served.answered = run.answer.has_value();
          served.correct = run.answer && run.answer->label == outputs_->label[sample];
          served.busy = run.busy();
          return served;
        });
  }

 private:
  const einet::TimeProfile<N>* times_;
  const einet::ConfidenceProfile<N>* outputs_;
};

}  // namespace example::stream

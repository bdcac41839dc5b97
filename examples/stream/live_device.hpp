#pragma once
// This machine: the network's own kernels on one thread. Preemptions and half speed are made up: the thread
// spins. Other work on the machine is no part of it: the clock stands still while that has the processor.

#include "common/files.hpp"
#include "stream/scenario.hpp"

#include <einet/data/dataset.hpp>
#include <einet/eval/stream.hpp>
#include <einet/io/file_error.hpp>
#include <einet/nn/inference/features.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/profile/measure_times.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/price_curve.hpp>
#include <einet/run/stop.hpp>
#include <einet/run/stream_scheduler.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include <time.h>

namespace example::stream {

/// Where an OwnClock stands.
struct OwnTime {
  double start = einet::SteadyClock::now(), processor = processor_seconds();
  double read = start;  // the steady clock when it was read last
  double away = 0;      // seconds since the start in which the thread did not have the processor
  double shown = start;

  [[nodiscard]] static double processor_seconds() noexcept {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
};

/// The steady clock, less the time in which other work had the processor of this thread.
class OwnClock {
 public:
  /// @param time must outlive it
  explicit OwnClock(OwnTime& time) noexcept : time_(&time) {}

  [[nodiscard]] double now() const noexcept {
    // Kernels and waits read the clock every few microseconds; the processor time, which is slow to read, is
    // only asked for where a gap shows that other work may have come between.
    constexpr double gap = 15e-6;
    const double read = einet::SteadyClock::now();
    if (read - time_->read > gap)
      time_->away = (read - time_->start) - (OwnTime::processor_seconds() - time_->processor);
    time_->read = read;
    time_->shown = (std::max)(time_->shown, read - time_->away);
    return time_->shown;
  }

 private:
  OwnTime* time_;
};

/// A block that takes as long again while the device is slow.
class SlowableBlock {
 public:
  using Network = einet::nn::InferenceNetwork<classes>;
  using Stop = einet::StopAfter<OwnClock>;

  /// Block and `slow` must outlive it.
  SlowableBlock(const Network::value_type& block, const bool& slow, const OwnClock& clock) noexcept
      : block_(&block), slow_(&slow), clock_(clock) {}

  bool advance(einet::nn::Features& features, const Stop& stop) const noexcept {
    const einet::Stopwatch elapsed(clock_);
    return block_->advance(features, stop) && lasts_again(elapsed(), stop);
  }
  [[nodiscard]] std::optional<einet::Scores<classes>> classify(const einet::nn::Features& features,
                                                               const Stop& stop) const noexcept {
    const einet::Stopwatch elapsed(clock_);
    auto output = block_->classify(features, stop);
    if (output && !lasts_again(elapsed(), stop)) output.reset();
    return output;
  }

 private:
  /// False if the stop came meanwhile.
  bool lasts_again(double seconds, const Stop& stop) const noexcept {
    if (!*slow_) return true;
    for (const einet::Stopwatch again(clock_); again() < seconds;)
      if (stop.stop_requested()) return false;
    return true;
  }

  const Network::value_type* block_;
  const bool* slow_;
  OwnClock clock_;
};

class LiveDevice {
 public:
  /// @throws einet::io::FileError, std::invalid_argument
  explicit LiveDevice(const Files& files)
      : trained_(load_network(files.weights)),
        network_(trained_.network),
        features_(network_.make_features()),
        images_(einet::data::load_idx(files.images, files.labels)) {
    expect_images(images_, files.images, trained_);
    if (images_.count == 0) throw einet::io::FileError(files.images, "", "has no images");
    for (std::size_t k = 0; k < images_.count; ++k)
      fill(images_, k, trained_, inputs_.emplace_back(network_.input().size()));
    for (std::size_t k = 0; k < network_.size(); ++k)
      blocks_.emplace_back(network_[k], slow_, OwnClock{time_});
  }
  LiveDevice(const LiveDevice&) = delete;
  LiveDevice& operator=(const LiveDevice&) = delete;

  /// Samples that differ; longer streams repeat them.
  [[nodiscard]] std::size_t samples() const noexcept { return inputs_.size(); }

  template <std::size_t N>
  [[nodiscard]] einet::MeasuredTimes<N> measure() {
    return einet::measure_times<N>(
        network_, features_,
        [&](einet::nn::Features& features, std::size_t run) { features.load(inputs_[run % samples()]); },
        {.warm_up = 50, .repeats = 501});
  }

  /// As that of ReplayedDevice.
  template <class Planner, class Begin>
  [[nodiscard]] std::vector<einet::eval::Served> serve(const Planner& planner, const Scene& scene,
                                                       const einet::PriceCurve& curve, double first,
                                                       const Begin& begin) {
    time_ = {};
    const OwnClock clock(time_);
    einet::LocalSlot<einet::Scores<classes>> slot;
    einet::ElasticRunner<const std::vector<SlowableBlock>, Planner, decltype(slot), OwnClock> runner{
        blocks_, planner, slot, clock};
    einet::StreamScheduler<> scheduler(curve, {.first_answer = first});
    const auto wait = [&](double moment) {
      while (clock.now() < moment) {
      }
    };
    const double start = clock.now();
    return einet::eval::serve(scene.stream, clock, scheduler, wait,
                              [&](const einet::StreamTurn& turn, double stop) {
                                slow_ = scene.slow(clock.now() - start);
                                const std::size_t sample = turn.sample.id % samples();
                                begin(runner, turn);
                                features_.load(inputs_[sample]);
                                const auto run = runner.run(features_, einet::StopAfter{clock, stop});
                                einet::eval::Served served;
                                served.answered = run.answer.has_value();
                                served.correct = run.answer && run.answer->label == images_.labels[sample];
                                served.busy = run.busy();
                                return served;
                              });
  }

 private:
  Trained trained_;
  SlowableBlock::Network network_;
  einet::nn::Features features_;
  einet::data::Dataset images_;
  std::vector<std::vector<float>> inputs_;
  OwnTime time_;
  bool slow_ = false;
  std::vector<SlowableBlock> blocks_;
};

}  // namespace example::stream

#pragma once
// This machine: the network's own kernels on one thread, by the steady clock. Preemptions and half speed are
// made up: the thread spins.

#include "common/files.hpp"
#include "stream/scenario.hpp"

#include <einet/data/dataset.hpp>
#include <einet/eval/stream.hpp>
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

#include <cstddef>
#include <optional>
#include <vector>

namespace example::stream {

/// A block that takes as long again while the device is slow.
class SlowableBlock {
 public:
  using Network = einet::nn::InferenceNetwork<classes>;
  using Stop = einet::StopAfter<einet::SteadyClock>;

  /// Both must outlive it.
  SlowableBlock(const Network::value_type& block, const bool& slow) noexcept : block_(&block), slow_(&slow) {}

  bool advance(einet::nn::Features& features, const Stop& stop) const noexcept {
    const einet::Stopwatch<> elapsed;
    return block_->advance(features, stop) && lasts_again(elapsed(), stop);
  }
  [[nodiscard]] std::optional<einet::Scores<classes>> classify(const einet::nn::Features& features,
                                                               const Stop& stop) const noexcept {
    const einet::Stopwatch<> elapsed;
    auto output = block_->classify(features, stop);
    if (output && !lasts_again(elapsed(), stop)) output.reset();
    return output;
  }

 private:
  /// False if the stop came meanwhile.
  bool lasts_again(double seconds, const Stop& stop) const noexcept {
    if (!*slow_) return true;
    for (const einet::Stopwatch<> again; again() < seconds;)
      if (stop.stop_requested()) return false;
    return true;
  }

  const Network::value_type* block_;
  const bool* slow_;
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
    for (std::size_t k = 0; k < images_.count; ++k)
      fill(images_, k, trained_, inputs_.emplace_back(network_.input().size()));
    for (std::size_t k = 0; k < network_.size(); ++k) blocks_.emplace_back(network_[k], slow_);
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
    einet::LocalSlot<einet::Scores<classes>> slot;
    einet::ElasticRunner<const std::vector<SlowableBlock>, Planner, decltype(slot)> runner{blocks_, planner,
                                                                                           slot};
    einet::StreamScheduler<> scheduler(curve, {.first_answer = first});
    const einet::SteadyClock clock;
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
  bool slow_ = false;
  std::vector<SlowableBlock> blocks_;
};

}  // namespace example::stream

#pragma once
// Where runs take place: the network with its images, and a clock that makes stops as exact on a busy machine
// as on an idle one.
//
// Runs are stopped in real time, by a deadline that the kernels poll. But other work takes some of that time.
// If the scheduler gives the processor away in mid-run, a random moment may well fall where nothing ran; if a
// neighbour or the governor halves the speed, the same microsecond falls into another part of the run.
// Neither says anything about a strategy. So a run counts only if it had the processor to itself from
// beginning to end, and is repeated if not; and the clock shows seconds of the profile, scaled by how fast
// the machine was just now. A clock of the thread's own processor time would do both, but reading it takes a
// microsecond, and kernels poll every five.

#include "common/network_files.hpp"
#include "demo/options.hpp"

#include <einet/data/dataset.hpp>
#include <einet/nn/inference/features.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/predict/prior_predictor.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/gather_confidences.hpp>
#include <einet/profile/measure_times.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/planner.hpp>
#include <einet/run/stop.hpp>
#include <einet/search/fixed_plan.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <time.h>

namespace example::demo {

using Output = einet::Scores<classes>;
using Network = einet::nn::InferenceNetwork<classes>;
using Slot = einet::LocalSlot<Output>;

/// The state that PacedClocks share.
struct Pace {
  double seconds = 1;         // of the steady clock for one second of the profile; constant during a run
  std::size_t plannings = 0;  // in the newest run
};

/// Shows seconds of the profile: the steady clock's, divided by the pace. Counts plannings.
class PacedClock {
 public:
  /// @param pace must outlive it
  explicit PacedClock(Pace& pace) noexcept : pace_(&pace) {}
  [[nodiscard]] double now() const noexcept { return einet::SteadyClock::now() / pace_->seconds; }
  void charge_planning() const noexcept { ++pace_->plannings; }

 private:
  Pace* pace_;
};

using Deadline = einet::StopAfter<PacedClock>;

/// The moments at which the parts of a run were done.
struct Marks {
  std::vector<double> at{};  // as many as a whole run has parts
  std::size_t count = 0;
};

/// A block of the network that marks them. All runs, measured and live, execute this very code, which has a
/// file of its own: two copies that the compiler lays out differently can suffer differently, by up to a
/// tenth, from a busy neighbour on the same core.
class MarkedBlock {
 public:
  MarkedBlock(const Network::value_type& block, const PacedClock& clock, Marks& marks) noexcept
      : block_(&block), clock_(clock), marks_(&marks) {}

  bool advance(einet::nn::Features& features, const Deadline& stop) const noexcept;
  [[nodiscard]] std::optional<Output> classify(const einet::nn::Features& features,
                                               const Deadline& stop) const noexcept;

 private:
  const Network::value_type* block_;
  PacedClock clock_;
  Marks* marks_;
};

using MarkedNetwork = std::vector<MarkedBlock>;

template <std::size_t N>
class Stage {
 public:
  using Times = einet::TimeProfile<N>;
  using Profile = einet::ConfidenceProfile<N>;

  /// @throws einet::io::FileError, std::invalid_argument
  explicit Stage(const Options& options)
      : trained_(load_network(options.files.weights)),
        network_(trained_.network),
        features_(network_.make_features()),
        images_(einet::data::load_idx(options.files.images, options.files.labels)),
        marked_(mark_blocks()),
        runner_(marked_, all_exits(exits()), slot_, clock()),
        times_(exits()) {
    if (options.images > images_.count)
      throw std::invalid_argument("--images: " + std::to_string(options.images) + " wanted, " +
                                  options.files.images.string() + " has " + std::to_string(images_.count));
    expect_images(images_, options.files.images, trained_);
    for (std::size_t k = 0; k < options.images; ++k)
      fill(images_, k, trained_, inputs_.emplace_back(network_.input().size()));
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  [[nodiscard]] std::size_t exits() const noexcept { return network_.size(); }
  [[nodiscard]] const MarkedNetwork& network() const noexcept { return marked_; }
  [[nodiscard]] einet::nn::Features& features() noexcept { return features_; }
  [[nodiscard]] std::size_t images() const noexcept { return inputs_.size(); }
  [[nodiscard]] int label(std::size_t image) const noexcept { return images_.labels[image]; }
  [[nodiscard]] PacedClock clock() noexcept { return PacedClock{pace_}; }

  /// How often the last run planned.
  [[nodiscard]] std::size_t plannings() const noexcept { return pace_.plannings; }

  /// A deadline in `seconds` of the profile from now.
  [[nodiscard]] Deadline deadline(double seconds) noexcept { return {clock(), clock().now() + seconds}; }
  static constexpr double never = std::numeric_limits<double>::infinity();

  /// Measures the profile, in whose seconds the clock counts from here on.
  const Times& profile() {
    constexpr std::size_t repeats = 501;
    std::vector<std::vector<double>> conv(exits()), branch(exits());
    for (std::size_t run = 0; run < repeats; ++run) {
      const Times times = measured(run % images());
      for (std::size_t k = 0; k < exits(); ++k) {
        conv[k].push_back(times.conv[k]);
        branch[k].push_back(times.branch[k]);
      }
    }
    for (std::size_t k = 0; k < exits(); ++k) {
      times_.conv[k] = einet::percentile(conv[k], 0.5);
      times_.branch[k] = einet::percentile(branch[k], 0.5);
    }
    return times_;
  }

  /// Sets the clock by the newest measured runs.
  void keep_pace() {
    std::vector<double> seconds(recent_.begin(), recent_.end());
    pace_.seconds = einet::percentile(seconds, 0.5) / times_.total();
    paces_.push_back(pace_.seconds);
  }

  /// Times every block once, in a run of all exits that polls as live runs do.
  Times measured(std::size_t image) {
    Times times;
    undisturbed(
        image, [] {}, [&] { times = whole_run(image); });
    std::shift_left(recent_.begin(), recent_.end(), 1);
    recent_.back() = times.total() * pace_.seconds;
    return times;
  }

  /// Calls `run()` on an image, again and again until nothing else had the processor meanwhile. `warm_up()`
  /// and a run of all exits come first, so that every run finds the caches in the same state.
  template <class WarmUp, class Run>
  void undisturbed(std::size_t image, WarmUp&& warm_up, Run&& run) {
    constexpr int most = 20;
    for (int attempt = 0; attempt < most; ++attempt) {
      load(image);
      warm_up();
      whole_run(image);
      load(image);
      ++runs_;
      if (seconds_away(run) <= tolerance_) return;
      ++repeated_;
    }
  }

  /// The answers of all exits for the images.
  [[nodiscard]] Profile outputs() {
    return einet::gather_confidences<N>(
        network_, features_, images(), [&](einet::nn::Features& f, std::size_t k) { f.load(inputs_[k]); },
        [&](std::size_t k) { return label(k); }, [](std::size_t) {});
  }

  /// Share of the runs that were repeated.
  [[nodiscard]] double repeated() const noexcept {
    return static_cast<double>(repeated_) / static_cast<double>(runs_);
  }
  /// A quantile of the paces of all runs: seconds for one second of the profile.
  [[nodiscard]] double pace(double share) const {
    std::vector<double> paces = paces_;
    return einet::percentile(paces, share);
  }

 private:
  using AllExits = einet::Planner<einet::PriorPredictor<N>, einet::Uniform, einet::FixedPlan<N>>;

  MarkedNetwork mark_blocks() {
    marks_.at.resize(2 * exits());
    MarkedNetwork blocks;
    for (std::size_t k = 0; k < exits(); ++k) blocks.emplace_back(network_[k], clock(), marks_);
    return blocks;
  }

  static AllExits all_exits(std::size_t exits) {
    Times even(exits);
    even.conv.fill(1);
    even.branch.fill(1);
    return {even,
            einet::PriorPredictor<N>{std::array<float, einet::most_exits<N>>{}, exits},
            einet::FixedPlan<N>{einet::ExitPlan<N>::all(exits)},
            {.follow_pace = false}};
  }

  static double processor_seconds() noexcept {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }

  /// For how long something else had the processor during `run()`, plus the time of reading the clocks.
  template <class Run>
  static double seconds_away(Run&& run) {
    const double processor = processor_seconds();
    const double start = einet::SteadyClock::now();
    run();
    const double taken = einet::SteadyClock::now() - start;
    return taken - (processor_seconds() - processor);
  }

  /// More than reading the clocks takes, less than any other work.
  static double most_away() {
    std::vector<double> nothing(101);
    for (double& seconds : nothing) seconds = std::abs(seconds_away([] {}));
    return 2 * einet::percentile(nothing, 0.5) + 2e-6;
  }

  /// Runs all exits. What the runner does between two parts counts towards the second, except planning.
  Times whole_run(std::size_t image) {
    load(image);
    double before = clock().now();
    const auto result = runner_.run(features_, deadline(never));
    const double planning = result.planning / static_cast<double>(exits());
    Times times(exits());
    for (std::size_t k = 0; k < exits(); ++k) {
      const double conv = marks_.at[2 * k], branch = marks_.at[2 * k + 1];
      times.conv[k] = (std::max)(conv - before - planning, 0.);
      times.branch[k] = branch - conv;
      before = branch;
    }
    return times;
  }

  void load(std::size_t image) {
    features_.load(inputs_[image]);
    marks_.count = 0;
    pace_.plannings = 0;
  }

  Trained trained_;
  Network network_;
  einet::nn::Features features_;
  einet::data::Dataset images_;
  std::vector<std::vector<float>> inputs_;
  Pace pace_;
  Marks marks_;
  MarkedNetwork marked_;
  Slot slot_;
  einet::ElasticRunner<const MarkedNetwork, AllExits, Slot, PacedClock> runner_;
  Times times_;
  std::array<double, 9> recent_{};  // seconds of the runs measured last
  std::vector<double> paces_;
  double tolerance_ = most_away();
  std::size_t runs_ = 0, repeated_ = 0;
};

}  // namespace example::demo

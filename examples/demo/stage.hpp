#pragma once
// Where runs take place: the network with its images, and a clock on which stops are as exact beside other
// work as on an idle machine.
//
// einet is stopped at moments of real time, and so are the runs here: by a deadline that the kernels poll.
// But the machine does not give them all of that time. Where the scheduler hands the processor to somebody
// else in mid-run, a random moment is likely to fall where nothing ran at all; where a neighbour or a
// governor halves the speed, the same microsecond is another part of the run. Neither says anything about a
// strategy. So a run counts only if it had the processor to itself from its beginning to its end, and is done
// again if not; and the clock shows seconds of the profile, by the pace at which the machine has just gone.
// The clock of a thread's own time would do both at once, but asking it takes a microsecond, and kernels poll
// every five.

#include "common/vgg16_files.hpp"
#include "demo/options.hpp"

#include <einet/data/dataset.hpp>
#include <einet/nn/features.hpp>
#include <einet/nn/inference_network.hpp>
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
using Profile = einet::ConfidenceProfile<exits>;
using Times = einet::TimeProfile<exits>;
using Network = einet::nn::InferenceNetwork<classes>;
using Slot = einet::LocalSlot<Output>;

/// What PacedClocks go by, and what they have been told.
struct Pace {
  double seconds = 1;         // on the steady clock, for every second of the profile; stays during a run
  std::size_t plannings = 0;  // of the run that is or was on
};

/// Seconds of the profile: those of the steady clock over the pace. Counts what a runner plans.
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
  std::array<double, 2 * exits> at{};
  std::size_t count = 0;
};

/// A block of the network that marks them. All runs, measured and live, execute this very code, which is in a
/// file of its own: copies of it that a compiler has laid out differently differ by up to a tenth in what a
/// busy neighbour on the same core does to them.
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

class Stage {
 public:
  /// @throws einet::io::FileError, std::invalid_argument
  explicit Stage(const Options& options)
      : trained_(load_vgg16(options.weights)),
        network_(trained_.network),
        features_(network_.make_features()),
        images_(einet::data::load_idx(options.data / images_file, options.data / labels_file)),
        marked_(mark_blocks()),
        runner_(marked_, all_exits(), slot_, clock()) {
    if (options.images > images_.count)
      throw std::invalid_argument("--images: " + std::to_string(options.images) + " wanted, " +
                                  (options.data / images_file).string() + " has " +
                                  std::to_string(images_.count));
    expect_images(images_, options.data / images_file, trained_);
    for (std::size_t k = 0; k < options.images; ++k)
      fill(images_, k, trained_, inputs_.emplace_back(network_.input().size()));
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  [[nodiscard]] const MarkedNetwork& network() const noexcept { return marked_; }
  [[nodiscard]] einet::nn::Features& features() noexcept { return features_; }
  [[nodiscard]] std::size_t images() const noexcept { return inputs_.size(); }
  [[nodiscard]] int label(std::size_t image) const noexcept { return images_.labels[image]; }
  [[nodiscard]] PacedClock clock() noexcept { return PacedClock{pace_}; }

  /// Plannings of the last run.
  [[nodiscard]] std::size_t plannings() const noexcept { return pace_.plannings; }

  /// So many seconds of the profile from now.
  [[nodiscard]] Deadline deadline(double seconds) noexcept { return {clock(), clock().now() + seconds}; }
  static constexpr double never = std::numeric_limits<double>::infinity();

  /// Measures the profile: what a second of the clock is from here on.
  const Times& profile() {
    constexpr std::size_t repeats = 501;
    std::array<std::vector<double>, exits> conv, branch;
    for (std::size_t run = 0; run < repeats; ++run) {
      const Times times = measured(run % images());
      for (std::size_t k = 0; k < exits; ++k) {
        conv[k].push_back(times.conv[k]);
        branch[k].push_back(times.branch[k]);
      }
    }
    for (std::size_t k = 0; k < exits; ++k) {
      times_.conv[k] = einet::detail::percentile(conv[k], 0.5);
      times_.branch[k] = einet::detail::percentile(branch[k], 0.5);
    }
    return times_;
  }

  /// Sets the clock by the runs that have been measured last.
  void keep_pace() {
    std::vector<double> seconds(recent_.begin(), recent_.end());
    pace_.seconds = einet::detail::percentile(seconds, 0.5) / times_.total();
    paces_.push_back(pace_.seconds);
  }

  /// Times every block once, in a run of all exits that polls as the live ones do.
  Times measured(std::size_t image) {
    Times times;
    undisturbed(
        image, [] {}, [&] { times = whole_run(image); });
    std::shift_left(recent_.begin(), recent_.end(), 1);
    recent_.back() = times.total() * pace_.seconds;
    return times;
  }

  /// Runs an image by `run()`, until nobody else had the processor meanwhile. `warm_up()` and a run of all
  /// exits come before it, so that every run meets the caches in the same state.
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

  /// What every exit says of the images.
  [[nodiscard]] Profile outputs() {
    return einet::gather_confidences<exits>(
        network_, features_, images(), [&](einet::nn::Features& f, std::size_t k) { f.load(inputs_[k]); },
        [&](std::size_t k) { return label(k); }, [](std::size_t) {});
  }

  /// Share of the runs that were done again.
  [[nodiscard]] double repeated() const noexcept {
    return static_cast<double>(repeated_) / static_cast<double>(runs_);
  }
  /// The pace that a share of the runs went below: seconds for every second of the profile.
  [[nodiscard]] double pace(double share) const {
    std::vector<double> paces = paces_;
    return einet::detail::percentile(paces, share);
  }

 private:
  using AllExits = einet::Planner<einet::PriorPredictor<exits>, einet::FixedPlan<exits>>;

  MarkedNetwork mark_blocks() {
    MarkedNetwork blocks;
    for (std::size_t k = 0; k < exits; ++k) blocks.emplace_back(network_[k], clock(), marks_);
    return blocks;
  }

  static AllExits all_exits() {
    Times even;
    even.conv.fill(1);
    even.branch.fill(1);
    return {even,
            einet::PriorPredictor<exits>{std::array<float, exits>{}},
            einet::FixedPlan<exits>{einet::ExitPlan<exits>::all()},
            {},
            {.follow_pace = false}};
  }

  static double processor_seconds() noexcept {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }

  /// For how long of `run()` the processor was somebody else's, and what reading the clocks takes.
  template <class Run>
  static double seconds_away(Run&& run) {
    const double processor = processor_seconds();
    const double start = einet::SteadyClock::now();
    run();
    const double taken = einet::SteadyClock::now() - start;
    return taken - (processor_seconds() - processor);
  }

  /// More than reading the clocks takes, less than anybody else's work.
  static double most_away() {
    std::vector<double> nothing(101);
    for (double& seconds : nothing) seconds = std::abs(seconds_away([] {}));
    return 2 * einet::detail::percentile(nothing, 0.5) + 2e-6;
  }

  /// Runs all exits. What the runner does from one part to the next counts for the latter, but for planning.
  Times whole_run(std::size_t image) {
    load(image);
    double before = clock().now();
    const auto result = runner_.run(features_, deadline(never));
    const double planning = result.planning / exits;
    Times times;
    for (std::size_t k = 0; k < exits; ++k) {
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
  einet::ElasticRunner<MarkedNetwork, AllExits, Slot, PacedClock> runner_;
  Times times_;
  std::array<double, 9> recent_{};  // seconds of the runs measured last
  std::vector<double> paces_;
  double tolerance_ = most_away();
  std::size_t runs_ = 0, repeated_ = 0;
};

}  // namespace example::demo

#pragma once
// A strategy that takes part in the demo, and the results of its runs.

#include "demo/stage.hpp"

#include <einet/eval/bootstrap.hpp>
#include <einet/eval/judged.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/eval/run_trace.hpp>
#include <einet/eval/timelines.hpp>
#include <einet/profile/measure_times.hpp>
#include <einet/profile/replay.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/planner.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace example::demo {

/// What is noted of a live run.
struct Result {
  double planning = 0, elapsed = 0;  // seconds
  std::size_t outputs = 0;
};

/// What replays need to know about the live runs of an image.
template <std::size_t N>
struct Met {
  std::size_t image;
  double moment;                             // of the stop, in seconds of the profile
  std::vector<einet::TimeProfile<N>> times;  // measured just before each of the live runs
};

/// Seconds of the profile that planning takes between blocks, which leave little of it in the caches: many
/// times what it takes in a loop of its own.
struct PlanningCost {
  double first = 0;  // from the start of a run to the first block
  double each = 0;   // for every new plan after that
};

template <std::size_t N>
struct Contender {
  std::string name;
  std::function<Result(einet::nn::Features&, const Deadline&)> live;
  /// The same, step by step, and recorded.
  std::function<void(einet::nn::Features&, const Deadline&, einet::eval::RunTrace&)> traced{};
  /// The probability that the answer in hand is right: the share of the measured times with which it is.
  std::function<double(const Met<N>&, const PlanningCost&)> replay;
  /// Whole runs of all images in the times of the profile, of which each planning takes `seconds` more.
  std::function<einet::eval::Timelines(const einet::TimeProfile<N>&, double seconds)> whole_runs;
  PlanningCost cost{};
  std::vector<double> right{};      // [images] live, 0 or 1
  std::vector<double> planning{};   // [images] live, seconds
  std::vector<double> unplanned{};  // the same, of runs stopped before they made a new plan
  double unanswered = 0, outputs = 0, plannings = 0, elapsed = 0;  // live, sums over the images
  std::vector<double> replayed{};                                  // [images]

  /// Adds the result of a run.
  void note(const Result& result, std::size_t planned_anew, bool answered, bool is_right) {
    right.push_back(is_right ? 1 : 0);
    planning.push_back(result.planning);
    if (planned_anew == 0) unplanned.push_back(result.planning);
    unanswered += answered ? 0 : 1;
    outputs += static_cast<double>(result.outputs);
    plannings += static_cast<double>(planned_anew);
    elapsed += result.elapsed;
  }

  /// Replays all live runs, charging what planning took in them.
  void replay_all(const std::vector<Met<N>>& runs) {
    cost = planning_cost();
    for (const Met<N>& met : runs) replayed.push_back(replay(met, cost));
  }

  [[nodiscard]] static double sum(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.);
  }
  [[nodiscard]] double share(double total) const { return total / static_cast<double>(right.size()); }
  [[nodiscard]] double planning_share() const { return elapsed > 0 ? sum(planning) / elapsed : 0; }

  /// Whether the live runs agree with their replays: within one point plus what chance explains in 999 of
  /// 1,000 cases.
  [[nodiscard]] bool agrees() const {
    constexpr double allowed = 0.01, quantile = 3.29;
    double apart = 0, squares = 0;
    for (std::size_t k = 0; k < right.size(); ++k) {
      const double difference = right[k] - replayed[k];
      apart += difference;
      squares += difference * difference;
    }
    return std::abs(apart) <= allowed * static_cast<double>(right.size()) + quantile * std::sqrt(squares);
  }

 private:
  [[nodiscard]] PlanningCost planning_cost() const {
    std::vector<double> unordered = unplanned;
    const double first = unordered.empty() ? 0 : einet::percentile(unordered, 0.5);
    const double anew = sum(planning) - first * static_cast<double>(planning.size());
    return {first, plannings > 0 ? (std::max)(anew, 0.) / plannings : 0};
  }
};

/// The steps of a live run, on a runner of their own: those that are not recorded publish to the slot itself.
template <std::size_t N, class Planner>
class TracedLive {
 public:
  TracedLive(const Planner& planner, Stage<N>& stage, Slot& slot)
      : slot_(slot, stage.clock()), runner_(stage.network(), planner, slot_, stage.clock()) {}
  TracedLive(const TracedLive&) = delete;
  TracedLive& operator=(const TracedLive&) = delete;

  void operator()(einet::nn::Features& features, const Deadline& stop, einet::eval::RunTrace& trace) {
    einet::eval::run_traced(runner_, features, stop, slot_, trace);
  }

 private:
  using Timed = einet::eval::TimedSlot<Slot, PacedClock>;

  Timed slot_;
  einet::ElasticRunner<const MarkedNetwork, Planner, Timed, PacedClock> runner_;
};

/// @param slot the runs publish to it
/// @param outputs the answers of all exits for the images
template <std::size_t N, class Planner>
[[nodiscard]] Contender<N> make_contender(std::string name, const Planner& planner, Stage<N>& stage,
                                          Slot& slot, const einet::ConfidenceProfile<N>& outputs) {
  Contender<N> contender;
  contender.name = std::move(name);
  contender.live =
      [runner = std::make_shared<einet::ElasticRunner<const MarkedNetwork, Planner, Slot, PacedClock>>(
           stage.network(), planner, slot, stage.clock())](einet::nn::Features& features,
                                                           const Deadline& stop) {
        const auto result = runner->run(features, stop);
        return Result{result.planning, result.elapsed, result.ran.count()};
      };
  contender.traced = [live = std::make_shared<TracedLive<N, Planner>>(planner, stage, slot)](
                         einet::nn::Features& features, const Deadline& stop, einet::eval::RunTrace& trace) {
    (*live)(features, stop, trace);
  };
  contender.replay = [planner, &outputs](const Met<N>& met, const PlanningCost& cost) {
    einet::VirtualTime time;
    einet::LocalSlot<einet::Answer> replayed;
    einet::TimeProfile<N> times(outputs.counted);
    const auto blocks = einet::replay(times, outputs);
    einet::ElasticRunner runner{blocks, planner, replayed, einet::VirtualClock{time, cost.each}};
    double right = 0;
    for (const einet::TimeProfile<N>& measured : met.times) {
      times = measured;
      time.reset();
      einet::ReplayedSample on{met.image, &time};
      const double moment = met.moment - cost.first;
      const auto result = runner.run(on, einet::StopAfter{einet::VirtualClock{time}, moment});
      right += result.answer && result.answer->label == outputs.label[met.image] ? 1 : 0;
    }
    return right / static_cast<double>(met.times.size());
  };
  contender.whole_runs = [planner, &outputs](const einet::TimeProfile<N>& times, double seconds) {
    const auto blocks = einet::replay(times, outputs);
    return einet::eval::replay_runs(planner, blocks, outputs.label, seconds);
  };
  return contender;
}

}  // namespace example::demo

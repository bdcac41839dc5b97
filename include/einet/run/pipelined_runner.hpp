#pragma once
// The runner for two cores: a companion runs the conv parts, one after another; the calling thread runs the
// branches that the planner chooses, plans and publishes, while the backbone goes on. Each exit's output is
// the same bit for bit as in turn; what changes is when it is ready:
//
//   ready_j = max(S_j, ready_i) + b_j   for consecutive executed exits i, j; S_j the conv parts up to j
//
// Until the companion has come, which takes a sleeping thread some 100 µs, this thread runs the conv parts
// that it needs, as in turn. From then on it is the one that waits. It spins on the backbone's progress and
// on the stop in turn: sleeping until the backbone notifies it would save energy, but waking takes longer
// than a stop may. The wait ends with the conv part, or with the stop.

#include <einet/run/backbone.hpp>
#include <einet/run/block.hpp>
#include <einet/run/pipelined.hpp>
#include <einet/run/pipelined_run.hpp>
#include <einet/run/run_result.hpp>
#include <einet/run/runner_setup.hpp>
#include <einet/run/slot.hpp>
#include <einet/run/stop.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace einet {

/// As ElasticRunner, with branches beside the backbone. It refers to the network, the slot and the companion,
/// which must outlive it. Conv parts must take the stop, and the blocks must say that they may share features
/// between two threads (`concurrent_branches`); the stop is polled on both.
/// @tparam Companion CompanionThread, parallel::TbbCompanion or your own (einet::run_companion)
/// @tparam Policies a clock, an observation and an answer policy, as of ElasticRunner
template <class Network, class Planner, class Slot, class Companion, class... Policies>
class PipelinedRunner {
  static_assert(elastic_network<Network>,
                "PipelinedRunner: the first argument must be an array, vector or tuple of blocks");
  static_assert(pipelined_planner<Planner>,
                "PipelinedRunner: the second argument must be a planner for two cores "
                "(einet::pipelined_planner), such as PipelinedPlanner");
  static_assert(result_slot<Slot>,
                "PipelinedRunner: the third argument must be a result slot (einet::result_slot)");
  static_assert(run_companion<Companion>,
                "PipelinedRunner: the fourth argument must be a companion (einet::run_companion)");
  static_assert(
      !elastic_network<Network> || concurrent_branches<Network>,
      "PipelinedRunner: the network's blocks do not say that branches may run while later conv parts "
      "do: static constexpr bool concurrent_branches = true. Of einet::nn, "
      "InferenceNetwork<K, Maps::kept> does");

 public:
  static constexpr std::size_t exits = Planner::exits;
  using output_type = typename Slot::value_type;
  using result_type = RunResult<output_type, exits>;

 private:
  using Setup = detail::RunnerSetup<Network, Planner, Slot, Policies...>;
  using Parts = typename Setup::Parts;

 public:
  /// @throws std::invalid_argument unless the network has as many blocks as the planner has exits
  PipelinedRunner(Network& blocks, Planner planner, Slot& slot, Companion& companion, Policies... policies)
      : parts_(Setup::parts("PipelinedRunner", blocks, std::move(planner), slot, policies...)),
        companion_(&companion) {}
  PipelinedRunner(const Network&&, Planner, Slot&, Companion&, Policies...) = delete;  // it would dangle

  PipelinedRunner(const PipelinedRunner&) = delete;  // a slot has one writer
  PipelinedRunner& operator=(const PipelinedRunner&) = delete;
  PipelinedRunner(PipelinedRunner&&) noexcept = default;
  PipelinedRunner& operator=(PipelinedRunner&&) noexcept = default;

  /// Runs one sample. It returns once both cores have left the features, at most the time between two polls
  /// of a conv part after the stop or the last output. An output that comes after the stop is not published.
  /// Neither allocates nor locks; an exception of a branch, or of a conv part that the plan needs, reaches
  /// the caller, and the slot keeps the last answer.
  /// @param features what the blocks work on; may be a temporary
  /// @param stop polled from two threads
  template <class Features, pollable_stop Stop = never_stop>
  result_type run(Features&& features, Stop stop = {}) {
    using Run = detail::PipelinedRun<Parts, Companion, std::remove_reference_t<Features>, Stop>;
    return Run(parts_, *companion_, features, stop).run();
  }

  /// The same, and tells `history` (a StopHistory, say) when the stop came, or that the run ended before it.
  template <class Features, pollable_stop Stop, stop_observer History>
  result_type run(Features&& features, Stop stop, History& history) {
    const result_type result = run(features, std::move(stop));
    learn(history, result);
    return result;
  }
  template <class Features, stop_observer History>
  result_type run(Features&& features, History& history) {
    return run(features, never_stop{}, history);
  }

  [[nodiscard]] const Planner& planner() const noexcept { return parts_.planner; }

  /// Sets the law of the stop time, the price or the worth of the answer that the caller has from the next
  /// run on; see Planner.
  template <class Law>
  void set_law(const Law& law) requires requires(Planner& planner) {
    planner.set_law(law);
  }
  { parts_.planner.set_law(law); }
  void set_price(double price) noexcept { parts_.planner.set_price(price); }
  void set_initial_worth(float worth) noexcept { parts_.planner.set_initial_worth(worth); }

 private:
  Parts parts_;
  Companion* companion_;
};

template <class Network, class Planner, class Slot, class Companion, class... Policies>
PipelinedRunner(Network&, Planner, Slot&, Companion&, Policies...)
    -> PipelinedRunner<Network, Planner, Slot, Companion, Policies...>;

}  // namespace einet

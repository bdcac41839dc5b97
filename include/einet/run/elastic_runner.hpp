#pragma once
// The runner: runs the blocks of a network as a planner says, until the plan is done or the stop comes, and
// publishes every answer at once. Paper, section III.

#include <einet/run/block.hpp>
#include <einet/run/elastic_run.hpp>
#include <einet/run/exit_planner.hpp>
#include <einet/run/run_result.hpp>
#include <einet/run/runner_setup.hpp>
#include <einet/run/slot.hpp>
#include <einet/run/stop.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace einet {

/// Runs samples through a network, one at a time. It refers to the network and the slot, which must outlive
/// it, and owns planner and policies. It cannot be copied, because a slot has one writer. It can be moved
/// between two runs; the moved-from runner must not run again.
/// @tparam Network of blocks; const if they are to be called through const
/// @tparam Policies what differs from the defaults, in any order: a clock (default SteadyClock), an
/// observation of what the predictor reads of an answer (`confidence(output)` or, for a predictor with more
/// inputs, `predictor_inputs(output)`), and an answer policy (NewestAnswer)
template <class Network, class Planner, class Slot, class... Policies>
class ElasticRunner {
  static_assert(elastic_network<Network>,
                "ElasticRunner: the first argument must be an array, vector or tuple of blocks");
  static_assert(exit_planner<Planner>,
                "ElasticRunner: the second argument must be a planner (einet::exit_planner)");
  static_assert(result_slot<Slot>,
                "ElasticRunner: the third argument must be a result slot (einet::result_slot)");

 public:
  static constexpr std::size_t exits = Planner::exits;
  using output_type = typename Slot::value_type;
  using result_type = RunResult<output_type, exits>;

 private:
  using Setup = detail::RunnerSetup<Network, Planner, Slot, Policies...>;
  using Parts = typename Setup::Parts;

 public:
  /// @throws std::invalid_argument unless the network has as many blocks as the planner has exits
  ElasticRunner(Network& blocks, Planner planner, Slot& slot, Policies... policies)
      : parts_(Setup::parts("ElasticRunner", blocks, std::move(planner), slot, policies...)) {}
  ElasticRunner(const Network&&, Planner, Slot&, Policies...) = delete;  // the network would dangle

  ElasticRunner(const ElasticRunner&) = delete;  // a slot has one writer
  ElasticRunner& operator=(const ElasticRunner&) = delete;
  ElasticRunner(ElasticRunner&&) noexcept = default;
  ElasticRunner& operator=(ElasticRunner&&) noexcept = default;

  /// Runs one sample. The stop is polled between conv parts and branches, and by those that take it. An
  /// output that comes after the stop is not published. The runner itself neither allocates nor locks nor
  /// throws; exceptions of blocks reach the caller, and the slot keeps the last answer.
  /// @param features what the blocks work on; may be a temporary
  template <class Features, pollable_stop Stop = never_stop>
  result_type run(Features&& features, Stop stop = {}) {
    ElasticRun<Parts, std::remove_reference_t<Features>, Stop> running(parts_, features, std::move(stop));
    while (running.go_on()) {
    }
    return running.result();
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

  /// Begins a run that proceeds only by `step()`, so that other work can be done between two steps:
  /// `auto run = runner.start(x, stop); while (run.step()) { … }`. One run at a time; the runner must not be
  /// moved during it.
  /// @param features must outlive the run
  template <class Features, pollable_stop Stop = never_stop>
  [[nodiscard]] ElasticRun<Parts, Features, Stop> start(Features& features, Stop stop = {}) {
    return ElasticRun<Parts, Features, Stop>(parts_, features, std::move(stop));
  }

  [[nodiscard]] const Planner& planner() const noexcept { return parts_.planner; }

  /// Sets the law of the stop time from the next run on; see Planner::set_law.
  template <class Law>
  void set_law(const Law& law) {
    static_assert(
        requires(Planner & planner) { planner.set_law(law); },
        "ElasticRunner: set_law takes a law of the type that the planner was made with; make it with such a "
        "law, as in Planner{times, predictor, history.law()}");
    parts_.planner.set_law(law);
  }

  /// Sets the price of the device's time from the next run on; see Planner::set_price.
  void set_price(double price) noexcept {
    static_assert(
        requires(Planner & planner) { planner.set_price(price); },
        "ElasticRunner: this planner has no set_price(double)");
    parts_.planner.set_price(price);
  }

  /// Sets the worth of the answer that the caller has from the next run on; see Planner::set_initial_worth.
  void set_initial_worth(float worth) noexcept {
    static_assert(
        requires(Planner & planner) { planner.set_initial_worth(worth); },
        "ElasticRunner: this planner has no set_initial_worth(float)");
    parts_.planner.set_initial_worth(worth);
  }

 private:
  Parts parts_;
};

template <class Network, class Planner, class Slot, class... Policies>
ElasticRunner(Network&, Planner, Slot&, Policies...) -> ElasticRunner<Network, Planner, Slot, Policies...>;

}  // namespace einet

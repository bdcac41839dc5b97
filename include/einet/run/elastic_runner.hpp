#pragma once
// The runner: drives the blocks of a network by a planner until the plan is done or the run is interrupted,
// and publishes every output as it comes. Paper, section III.

#include <einet/plan/exit_plan.hpp>
#include <einet/run/block.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/observation.hpp>
#include <einet/run/planner.hpp>
#include <einet/run/slot.hpp>
#include <einet/run/stop.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace einet {

/// What ended a run.
enum class Outcome {
  completed,        ///< the plan was followed to its end
  stopped,          ///< the stop signal came first
  nothing_planned,  ///< the planner asked for no exit at all
};

/// The name of an outcome, for messages.
[[nodiscard]] constexpr const char* to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::completed:
      return "completed";
    case Outcome::stopped:
      return "stopped";
    case Outcome::nothing_planned:
      return "nothing planned";
  }
  return "unknown";
}

/// What a run came to.
template <class Output, std::size_t N>
struct RunResult {
  std::optional<Output> answer;     ///< the newest complete output; nothing if the stop came before the first
  std::optional<std::size_t> exit;  ///< the exit it came from
  Outcome outcome = Outcome::nothing_planned;
  ExitPlan<N> ran;      ///< exits whose outputs were published
  double elapsed = 0;   ///< seconds from the call to its return
  double planning = 0;  ///< of these, seconds spent by the planner
};

/// Runs samples through a network, one at a time. It refers to the network and the slot, which must outlive
/// it, and owns planner, clock and observation.
/// @tparam Observation what the planner's predictor observes of an output; by default what the output says of
/// itself, its confidence or, for a predictor of more signals, `signals(output)`
template <class Network, class Planner, class Slot, class Clock = SteadyClock,
          class Observation = OwnSignals<Planner::signals>>
class ElasticRunner {
  static_assert(network<Network>,
                "ElasticRunner: the first argument must be an array, vector or tuple of blocks");
  static_assert(result_slot<Slot>,
                "ElasticRunner: the third argument must be a result slot (einet::result_slot)");
  static_assert(clock<Clock>, "ElasticRunner: the fourth argument must be a clock (einet::clock)");
  static_assert(observation<Observation, typename Slot::value_type>,
                "ElasticRunner: the fifth argument must be an observation (einet::observation) of the slot's "
                "output type; without one, that type needs a signals(output) with as many numbers as the "
                "planner's predictor observes");
  static_assert(
      Observation::size == Planner::signals,
      "ElasticRunner: the fifth argument, the observation, has not as many signals as the planner's "
      "predictor observes");

 public:
  static constexpr std::size_t size = Planner::size;
  using output_type = typename Slot::value_type;
  using result_type = RunResult<output_type, size>;

  /// @throws std::invalid_argument if the network has not as many blocks as the planner has exits
  ElasticRunner(const Network& blocks, Planner planner, Slot& slot, Clock clock = {},
                Observation observe = {})
      : network_(&blocks),
        planner_(std::move(planner)),
        slot_(&slot),
        clock_(std::move(clock)),
        observe_(std::move(observe)) {
    constexpr std::size_t fixed = detail::fixed_size<Network>();
    static_assert(fixed == 0 || fixed == size,
                  "ElasticRunner: the network has not as many blocks as the planner has exits");
    if (block_count(blocks) != size)
      throw std::invalid_argument("ElasticRunner: the network has " + std::to_string(block_count(blocks)) +
                                  " blocks, the planner plans for " + std::to_string(size) + " exits");
  }
  ElasticRunner(const Network&&, Planner, Slot&, Clock = {},
                Observation = {}) = delete;  // would refer to a dead network

  /// Runs one sample. The stop is polled between conv parts and branches, and by conv parts that take it;
  /// what a branch yields after the stop is not published. Itself it allocates, locks and throws nothing;
  /// what a block throws reaches the caller, and the slot keeps the last output.
  template <class Features, stop_signal Stop = never_stop>
  result_type run(Features& features, Stop stop = {}) {
    result_type result;
    const double start = clock_.now();
    slot_->clear();
    planner_.reset();
    result.planning = clock_.now() - start;
    result.outcome = drive(features, stop, start, result);
    result.elapsed = clock_.now() - start;
    return result;
  }

  [[nodiscard]] const Planner& planner() const noexcept { return planner_; }

 private:
  template <class Features, class Stop>
  Outcome drive(Features& features, const Stop& stop, double start, result_type& result) {
    std::size_t at = 0;  // conv parts that have been run
    for (std::optional<std::size_t> exit = planner_.next_exit(); exit; exit = planner_.next_exit()) {
      for (; at <= *exit; ++at)
        if (stop.stop_requested() || !advance(at, features, stop)) return Outcome::stopped;
      if (stop.stop_requested()) return Outcome::stopped;
      const std::optional<output_type> yielded = classify(*exit, features, stop);
      const double ready = clock_.now();
      if (!yielded || stop.stop_requested()) return Outcome::stopped;
      const output_type& output = *yielded;
      slot_->publish(output, *exit);
      const auto seen = observe_(output, result.answer ? &*result.answer : nullptr);
      result.answer = output;
      result.exit = exit;
      result.ran.insert(*exit);
      if constexpr (Planner::signals == 1)
        planner_.observe(*exit, seen[0], ready - start);
      else
        planner_.observe(*exit, seen, ready - start);
      if constexpr (requires { clock_.charge_planning(); }) clock_.charge_planning();
      result.planning += clock_.now() - ready;
    }
    if (result.answer) return Outcome::completed;
    return stop.stop_requested() ? Outcome::stopped : Outcome::nothing_planned;
  }

  template <class Features, class Stop>
  bool advance(std::size_t at, Features& features, const Stop& stop) {
    return detail::visit_block(*network_, at, [&](const auto& part) {
      static_assert(
          block<std::remove_cvref_t<decltype(part)>, Features, output_type, Stop>,
          "ElasticRunner: a block of the network does not model einet::block for these features and "
          "the slot's output type");
      return detail::advance(part, features, stop);
    });
  }

  template <class Features, class Stop>
  std::optional<output_type> classify(std::size_t exit, const Features& features, const Stop& stop) {
    return detail::visit_block(*network_, exit, [&](const auto& part) {
      return detail::classify<output_type>(part, features, stop);
    });
  }

  const Network* network_;
  Planner planner_;
  Slot* slot_;
  [[no_unique_address]] Clock clock_;
  [[no_unique_address]] Observation observe_;
};

template <class Network, class Planner, class Slot>
ElasticRunner(const Network&, Planner, Slot&) -> ElasticRunner<Network, Planner, Slot>;
template <class Network, class Planner, class Slot, class Clock>
ElasticRunner(const Network&, Planner, Slot&, Clock) -> ElasticRunner<Network, Planner, Slot, Clock>;
template <class Network, class Planner, class Slot, class Clock, class Observation>
ElasticRunner(const Network&, Planner, Slot&, Clock, Observation)
    -> ElasticRunner<Network, Planner, Slot, Clock, Observation>;

}  // namespace einet

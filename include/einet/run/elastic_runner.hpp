#pragma once
// The runner: drives the blocks of a network by a planner until the plan is done or the run is interrupted,
// and publishes every output as it comes. Paper, section III.

#include <einet/base/expect.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/run/answer_policy.hpp>
#include <einet/run/average_answer.hpp>
#include <einet/run/block.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/observation.hpp>
#include <einet/run/run_result.hpp>
#include <einet/run/slot.hpp>
#include <einet/run/stop.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace einet {

/// What learns from runs when exits come.
template <class H>
concept learns_exits = requires(H& history, double seconds) {
  history.observe(seconds);
  history.observe_completion(seconds);
};

/// Runs samples through a network, one at a time. It refers to the network and the slot, which must outlive
/// it, and owns planner, clock and policies. A slot takes the answers of one runner: a runner can be moved,
/// after which the former one runs nothing any more, but not copied.
/// @tparam Observation what the planner's predictor observes of an answer; by default what it says of itself,
/// its confidence or, for a predictor of more inputs, `predictor_inputs(output)`
/// @tparam Answers what becomes of several outputs: NewestAnswer, MostConfidentAnswer, AverageAnswer
template <class Network, class Planner, class Slot, class Clock = SteadyClock,
          class Observation = OwnInputs<Planner::inputs>, class Answers = NewestAnswer>
class ElasticRunner {
  static_assert(network<Network>,
                "ElasticRunner: the first argument must be an array, vector or tuple of blocks");
  static_assert(result_slot<Slot>,
                "ElasticRunner: the third argument must be a result slot (einet::result_slot)");
  static_assert(run_clock<Clock>, "ElasticRunner: the fourth argument must be a clock (einet::run_clock)");
  static_assert(
      observation<Observation, typename Slot::value_type>,
      "ElasticRunner: the fifth argument must be an observation (einet::observation) of the slot's "
      "output type; without one, that type needs a predictor_inputs(output) with as many numbers as the "
      "planner's predictor observes");
  static_assert(Observation::size == Planner::inputs,
                "ElasticRunner: the fifth argument, the observation, has not as many inputs as the planner's "
                "predictor observes");
  static_assert(answer_policy<Answers, typename Slot::value_type>,
                "ElasticRunner: the sixth argument must be an answer policy (einet::answer_policy) for the "
                "slot's output type");

 public:
  static constexpr std::size_t size = Planner::size;
  using output_type = typename Slot::value_type;
  using result_type = RunResult<output_type, size>;

  /// @throws std::invalid_argument if the network has not as many blocks as the planner has exits
  ElasticRunner(const Network& blocks, Planner planner, Slot& slot, Clock clock = {},
                Observation observe = {}, Answers answers = {})
      : network_(&blocks),
        planner_(std::move(planner)),
        slot_(&slot),
        clock_(std::move(clock)),
        observe_(std::move(observe)),
        answers_(std::move(answers)) {
    constexpr std::size_t fixed = detail::fixed_size<Network>();
    static_assert(fixed == 0 || fixed == size,
                  "ElasticRunner: the network has not as many blocks as the planner has exits");
    if (const std::size_t count = block_count(blocks); count != size)
      detail::refuse("ElasticRunner", "number of blocks", detail::number(count),
                     detail::number(size) + ", one for every exit of the planner");
  }
  ElasticRunner(const Network&&, Planner, Slot&, Clock = {}, Observation = {},
                Answers = {}) = delete;  // would refer to a dead network

  ElasticRunner(const ElasticRunner&) = delete;  // two writers to one slot
  ElasticRunner& operator=(const ElasticRunner&) = delete;
  ElasticRunner(ElasticRunner&&) noexcept = default;
  ElasticRunner& operator=(ElasticRunner&&) noexcept = default;

  /// Runs one sample. The stop is polled between conv parts and branches, and by those that take it; what a
  /// branch yields after the stop is not published. Itself it allocates, locks and throws nothing; what a
  /// block throws reaches the caller, and the slot keeps the last answer.
  /// @param features what the blocks work on, a temporary too
  template <class Features, stop_signal Stop = never_stop>
  result_type run(Features&& features, Stop stop = {}) {
    result_type result;
    const double start = clock_.now();
    slot_->begin_run();
    planner_.reset();
    answers_.reset();
    result.planning = clock_.now() - start;
    planner_.spent(result.planning);
    result.outcome = drive(features, stop, start, result);
    result.elapsed = clock_.now() - start;
    return result;
  }

  /// The same, and `history`, such as an ExitHistory, learns when the exit came, or that it did not before
  /// the run's end.
  template <class Features, stop_signal Stop, learns_exits History>
  result_type run(Features&& features, Stop stop, History& history) {
    const result_type result = run(features, std::move(stop));
    if (result.outcome == Outcome::stopped || result.outcome == Outcome::deadline)
      history.observe(result.interrupted);
    else
      history.observe_completion(result.elapsed);
    return result;
  }
  template <class Features, learns_exits History>
  result_type run(Features&& features, History& history) {
    return run(features, never_stop{}, history);
  }

  [[nodiscard]] const Planner& planner() const noexcept { return planner_; }

  /// Plans by another exit-time law from the next run on; see Planner::set_law.
  template <class Law>
  void set_law(const Law& law) {
    static_assert(
        requires(Planner & planner) { planner.set_law(law); },
        "ElasticRunner: set_law takes a law of the type that the planner was made with, such as "
        "Planner{times, predictor, ExactSearch{}, history.law()}");
    planner_.set_law(law);
  }

 private:
  template <class Features, class Stop>
  Outcome drive(Features& features, const Stop& stop, double start, result_type& result) {
    std::size_t at = 0;  // conv parts that have been run
    quiet_ = 0;
    reached_ = result.planning;
    bool polled = false;  // since reached_
    for (std::optional<std::size_t> exit = planner_.next_exit(); exit; exit = planner_.next_exit()) {
      if (!polled && asks(stop)) return interrupt(stop, false, start, result);
      if (at <= *exit) {
        const bool whole = advance(at, features, stop);
        if (!unstoppable<Stop> || planner_.follows_pace()) reached_ = clock_.now() - start;
        if (!whole || asks(stop)) return interrupt(stop, polls_, start, result);
        planned_ = planner_.pass(at++, reached_);
        if (planned_) charge(start, result);
        polled = !planned_;
        continue;  // the planner may have changed its mind
      }
      const std::optional<output_type> output = classify(*exit, features, stop);
      reached_ = clock_.now() - start;
      if (!output || asks(stop)) return interrupt(stop, polls_, start, result);
      publish(*output, *exit, start, result);
      polled = false;
    }
    if (result.answer) return Outcome::completed;
    return asks(stop) ? interrupt(stop, false, start, result) : Outcome::nothing_planned;
  }

  /// Whether the stop has come by `reached_`; if not, that is known from now on.
  template <class Stop>
  bool asks(const Stop& stop) noexcept {
    if (stop.stop_requested()) return true;
    quiet_ = reached_;
    return false;
  }

  /// The stop came after `quiet_`. When, it may know itself; else it came this moment if a part that polls
  /// noticed it, and half-way through what was on since then if not.
  template <class Stop>
  Outcome interrupt(const Stop& stop, bool at_once, double start, result_type& result) noexcept {
    reached_ = clock_.now() - start;
    const std::optional<double> age = stop_age(stop);
    if (age)
      result.interrupted = (std::max)(quiet_, (std::min)(reached_ - *age, reached_));
    else
      result.interrupted = at_once ? reached_ : (quiet_ + reached_) / 2;
    return stop_reason(stop) == StopReason::deadline ? Outcome::deadline : Outcome::stopped;
  }

  /// Makes the output the answer in hand, or what the policy makes of both, and has the planner observe it.
  void publish(const output_type& output, std::size_t exit, double start, result_type& result) noexcept {
    const output_type* const before = result.answer ? &*result.answer : nullptr;
    std::array<float, Observation::size> seen;
    if constexpr (std::same_as<Answers, NewestAnswer>) {
      slot_->publish(output, exit);
      seen = observe_(output, before);
      result.answer = output;
      result.exit = exit;
    } else {
      const auto in_hand = before != nullptr ? std::optional(Published<output_type>{*before, *result.exit})
                                             : std::optional<Published<output_type>>();
      const Published<output_type> answer = answers_(output, exit, in_hand ? &*in_hand : nullptr);
      slot_->publish(answer.output, answer.exit);
      seen = observe_(answer.output, before);
      result.answer = answer.output;
      result.exit = answer.exit;
    }
    result.ran.insert(exit);
    const double published = clock_.now() - start;
    planned_ = planner_.observe(exit, seen, reached_, published);
    result.planning += published - reached_;
    reached_ = published;
    charge(start, result);
  }

  /// Notes what planning took since `reached_`.
  void charge(double start, result_type& result) noexcept {
    if constexpr (requires { clock_.charge_planning(); })
      if (planned_) clock_.charge_planning();
    const double now = clock_.now() - start;
    result.planning += now - reached_;
    planner_.spent(now - reached_);
    reached_ = now;
  }

  template <class Features, class Stop>
  bool advance(std::size_t at, Features& features, const Stop& stop) {
    return detail::visit_block(*network_, at, [&](const auto& part) {
      using Part = std::remove_cvref_t<decltype(part)>;
      static_assert(
          block<Part, Features, output_type, Stop>,
          "ElasticRunner: a block of the network does not model einet::block for these features and "
          "the slot's output type; its functions must be const");
      polls_ = advances_until<Part, Features, Stop>;
      return detail::advance(part, features, stop);
    });
  }

  template <class Features, class Stop>
  std::optional<output_type> classify(std::size_t exit, const Features& features, const Stop& stop) {
    return detail::visit_block(*network_, exit, [&](const auto& part) {
      polls_ = classifies_until<std::remove_cvref_t<decltype(part)>, Features, output_type, Stop>;
      return detail::classify<output_type>(part, features, stop);
    });
  }

  const Network* network_;
  Planner planner_;
  Slot* slot_;
  bool planned_ = false;  // whether the planner did on the last occasion
  bool polls_ = true;     // whether the part that is or was on polls the stop by itself
  double quiet_ = 0;      // seconds after the start at which no stop had come yet
  double reached_ = 0;    // seconds after the start at which the last part or planning ended
  [[no_unique_address]] Clock clock_;
  [[no_unique_address]] Observation observe_;
  [[no_unique_address]] Answers answers_;
};

template <class Network, class Planner, class Slot>
ElasticRunner(const Network&, Planner, Slot&) -> ElasticRunner<Network, Planner, Slot>;
template <class Network, class Planner, class Slot, class Clock>
ElasticRunner(const Network&, Planner, Slot&, Clock) -> ElasticRunner<Network, Planner, Slot, Clock>;
template <class Network, class Planner, class Slot, class Clock, class Observation>
ElasticRunner(const Network&, Planner, Slot&, Clock, Observation)
    -> ElasticRunner<Network, Planner, Slot, Clock, Observation>;
template <class Network, class Planner, class Slot, class Clock, class Observation, class Answers>
ElasticRunner(const Network&, Planner, Slot&, Clock, Observation, Answers)
    -> ElasticRunner<Network, Planner, Slot, Clock, Observation, Answers>;

}  // namespace einet

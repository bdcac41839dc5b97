#pragma once
// The runner: runs the blocks of a network as a planner says, until the plan is done or the stop comes, and
// publishes every answer at once. Paper, section III.

#include <einet/base/expect.hpp>
#include <einet/run/answer_policy.hpp>
#include <einet/run/block.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/exit_planner.hpp>
#include <einet/run/observation.hpp>
#include <einet/run/policies.hpp>
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
  static_assert(
      has_confidence<output_type>,
      "ElasticRunner: the slot's output type has no confidence(output) that argument-dependent lookup "
      "finds, or is not trivially copyable");
  using Clock = detail::Chosen<detail::IsClock, SteadyClock, Policies...>;
  using Observation =
      detail::Chosen<detail::IsObservation<output_type>, OwnInputs<Planner::inputs>, Policies...>;
  using Answers = detail::Chosen<detail::IsAnswerPolicy<output_type>, NewestAnswer, Policies...>;
  static_assert(
      detail::each_is_one<detail::IsClock, detail::IsObservation<output_type>,
                          detail::IsAnswerPolicy<output_type>, Policies...>,
      "ElasticRunner: what follows network, planner and slot must be a clock (einet::run_clock), an "
      "observation (einet::output_observation) or an answer policy (einet::answer_policy) for the "
      "slot's output type, at most one of each");
  static_assert(output_observation<Observation, output_type>,
                "ElasticRunner: the planner's predictor has several inputs: the slot's output type needs "
                "a predictor_inputs(output) with as many, or the runner an observation");
  static_assert(Observation::inputs == Planner::inputs,
                "ElasticRunner: the observation must have as many inputs as the planner's predictor");

 public:
  template <class Features, class Stop>
  class Run;

  /// @throws std::invalid_argument unless the network has as many blocks as the planner has exits
  ElasticRunner(Network& blocks, Planner planner, Slot& slot, Policies... policies)
      : network_(&blocks),
        planner_(std::move(planner)),
        slot_(&slot),
        clock_(detail::chosen<detail::IsClock, SteadyClock>(policies...)),
        observe_(detail::chosen<detail::IsObservation<output_type>, OwnInputs<Planner::inputs>>(policies...)),
        answers_(detail::chosen<detail::IsAnswerPolicy<output_type>, NewestAnswer>(policies...)) {
    constexpr std::size_t fixed = detail::fixed_size<Network>();
    static_assert(fixed == 0 || fixed == exits,
                  "ElasticRunner: the network must have as many blocks as the planner has exits");
    if (const std::size_t count = block_count(blocks); count != exits)
      detail::refuse("ElasticRunner", "number of blocks", detail::number(count),
                     detail::number(exits) + ", one for every exit of the planner");
  }
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
    Run<std::remove_reference_t<Features>, Stop> running(*this, features, std::move(stop));
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
  [[nodiscard]] Run<Features, Stop> start(Features& features, Stop stop = {}) {
    return Run<Features, Stop>(*this, features, std::move(stop));
  }

  [[nodiscard]] const Planner& planner() const noexcept { return planner_; }

  /// Sets the law of the stop time from the next run on; see Planner::set_law.
  template <class Law>
  void set_law(const Law& law) {
    static_assert(
        requires(Planner & planner) { planner.set_law(law); },
        "ElasticRunner: set_law takes a law of the type that the planner was made with; make it with such a "
        "law, as in Planner{times, predictor, history.law()}");
    planner_.set_law(law);
  }

 private:
  Network* network_;
  Planner planner_;
  Slot* slot_;
  [[no_unique_address]] Clock clock_;
  [[no_unique_address]] Observation observe_;
  [[no_unique_address]] Answers answers_;
};

/// A run that has begun.
template <class Network, class Planner, class Slot, class... Policies>
template <class Features, class Stop>
class ElasticRunner<Network, Planner, Slot, Policies...>::Run {
 public:
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// Runs the next conv part or branch, and plans if that is due.
  ///
  /// The stop may come between two steps, but the caller's time there counts neither as the network's nor as
  /// planning. Exceptions of blocks reach the caller; the run can then not be continued.
  /// @return what it did; false (RunStep::ended) once the run is over
  StepDone step() {
    reached_ = now();
    polled_ = false;
    result_.paused += reached_ - left_;
    on_->planner_.pause(reached_ - left_);
    const StepDone done = go_on();
    left_ = now();
    return done;
  }

  /// The result so far; complete once step() has returned false.
  [[nodiscard]] const result_type& result() const noexcept { return result_; }

 private:
  friend ElasticRunner;

  Run(ElasticRunner& on, Features& features, Stop stop)
      : on_(&on), features_(features), stop_(std::move(stop)), start_(on.clock_.now()) {
    on_->slot_->begin_run();
    on_->planner_.reset();
    on_->answers_.reset();
    result_.planning = reached_ = left_ = now();
    on_->planner_.spent(result_.planning);
  }

  [[nodiscard]] double now() const noexcept { return on_->clock_.now() - start_; }

  StepDone go_on() {
    Planner& planner = on_->planner_;
    if (ended_) return {RunStep::ended, at_};
    const std::optional<std::size_t> exit = planner.next_exit();
    if (!exit && result_.answer) return end(Outcome::completed);
    if (!exit) return asks() ? stopped(false) : end(Outcome::nothing_planned);
    if (!polled_ && asks()) return stopped(false);
    if (at_ <= *exit) {
      const bool whole = advance();
      if (!unstoppable<Stop> || planner.follows_pace()) reached_ = now();
      if (!whole || asks()) return stopped(polls_);
      planned_ = planner.pass(at_++, reached_);
      if (planned_) charge();
      polled_ = !planned_;
      return {RunStep::advanced, at_ - 1};
    }
    const std::optional<output_type> output = classify(*exit);
    reached_ = now();
    if (!output || asks()) return stopped(polls_);
    publish(*output, *exit);
    polled_ = false;
    return {RunStep::published, *exit};
  }

  StepDone end(Outcome outcome) noexcept {
    result_.outcome = outcome;
    result_.elapsed = now();
    ended_ = true;
    return {RunStep::ended, at_};
  }

  /// Polls the stop; if it has not come, notes that for `reached_`.
  bool asks() noexcept {
    if (stop_.stop_requested()) return true;
    quiet_ = reached_;
    return false;
  }

  /// Ends the run. The stop came after `quiet_`: at the moment that it gives itself, or now if the part that
  /// polled it noticed at once, or else half-way between the two.
  StepDone stopped(bool at_once) noexcept {
    reached_ = now();
    const std::optional<double> age = stop_age(stop_);
    if (age)
      result_.stopped_at = (std::max)(quiet_, (std::min)(reached_ - *age, reached_));
    else
      result_.stopped_at = at_once ? reached_ : (quiet_ + reached_) / 2;
    return end(stop_reason(stop_) == StopReason::deadline ? Outcome::deadline : Outcome::stopped);
  }

  /// Publishes the answer that the policy makes of the output, and has the planner observe it.
  void publish(const output_type& output, std::size_t exit) noexcept {
    const output_type* const before = result_.answer ? &*result_.answer : nullptr;
    std::array<float, Observation::inputs> seen;
    if constexpr (std::same_as<Answers, NewestAnswer>) {
      on_->slot_->publish(output, exit);
      seen = on_->observe_(output, before);
      result_.answer = output;
      result_.exit = exit;
    } else {
      const auto in_hand = before != nullptr ? std::optional(Published<output_type>{*before, *result_.exit})
                                             : std::optional<Published<output_type>>();
      const Published<output_type> answer = on_->answers_(output, exit, in_hand ? &*in_hand : nullptr);
      on_->slot_->publish(answer.output, answer.exit);
      seen = on_->observe_(answer.output, before);
      result_.answer = answer.output;
      result_.exit = answer.exit;
    }
    result_.ran.insert(exit);
    const double published = now();
    planned_ = on_->planner_.observe(exit, seen, reached_, published);
    result_.planning += published - reached_;
    reached_ = published;
    charge();
  }

  /// Counts the time since `reached_` as planning.
  void charge() noexcept {
    if constexpr (requires { on_->clock_.charge_planning(); })
      if (planned_) on_->clock_.charge_planning();
    const double after = now();
    result_.planning += after - reached_;
    on_->planner_.spent(after - reached_);
    reached_ = after;
  }

  bool advance() {
    return detail::visit_block(*on_->network_, at_, [&](auto& block) {
      using Block = std::remove_reference_t<decltype(block)>;
      static_assert(advances<Block, Features> || advances_until<Block, Features, Stop>,
                    "ElasticRunner: a block has no advance() for these features: void advance(Features&) or "
                    "bool advance(Features&, stop); const if the network is");
      static_assert(
          classifies<Block, Features, output_type> || classifies_until<Block, Features, output_type, Stop>,
          "ElasticRunner: a block has no classify() for these features that returns the slot's output "
          "type: Output classify(const Features&) or std::optional<Output> classify(const Features&, "
          "stop); const if the network is");
      polls_ = advances_until<Block, Features, Stop>;
      return detail::advance(block, features_, stop_);
    });
  }

  std::optional<output_type> classify(std::size_t exit) {
    return detail::visit_block(*on_->network_, exit, [&](auto& block) {
      polls_ = classifies_until<std::remove_reference_t<decltype(block)>, Features, output_type, Stop>;
      return detail::classify<output_type>(block, std::as_const(features_), stop_);
    });
  }

  ElasticRunner* on_;
  Features& features_;
  [[no_unique_address]] Stop stop_;
  double start_;          // by the clock
  double quiet_ = 0;      // seconds after the start at which the stop was last known not to have come
  double reached_ = 0;    // seconds after the start at which the last part or planning ended
  std::size_t at_ = 0;    // number of conv parts that have been run
  bool polled_ = false;   // whether the stop has been polled since reached_
  bool planned_ = false;  // whether the planner last planned anew
  bool polls_ = true;     // whether the current or last part polls the stop by itself
  bool ended_ = false;
  double left_;  // seconds after the start at which the caller was last given back control
  result_type result_;
};

template <class Network, class Planner, class Slot, class... Policies>
ElasticRunner(Network&, Planner, Slot&, Policies...) -> ElasticRunner<Network, Planner, Slot, Policies...>;

}  // namespace einet

#pragma once
// The runner: drives the blocks of a network by a planner until the plan is done or the run is stopped, and
// publishes every output as it comes. Paper, section III.

#include <einet/base/expect.hpp>
#include <einet/run/answer_policy.hpp>
#include <einet/run/block.hpp>
#include <einet/run/clock.hpp>
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
/// it, and owns planner and policies. A slot takes the answers of one runner: a runner can be moved between
/// two runs, after which the former one runs nothing any more, but not copied.
/// @tparam Network of blocks, const where they are called through const
/// @tparam Policies what departs from the defaults, in any order: a clock (SteadyClock), what the planner's
/// predictor observes of an answer (`confidence(output)` or, for a predictor of more inputs,
/// `predictor_inputs(output)`), and what becomes of several outputs (NewestAnswer)
template <class Network, class Planner, class Slot, class... Policies>
class ElasticRunner {
  static_assert(elastic_network<Network>,
                "ElasticRunner: the first argument must be an array, vector or tuple of blocks");
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
  static_assert(
      output_observation<Observation, output_type>,
      "ElasticRunner: the planner's predictor observes several numbers: the slot's output type needs "
      "a predictor_inputs(output) with as many, or the runner an observation");
  static_assert(Observation::inputs == Planner::inputs,
                "ElasticRunner: the observation has not as many inputs as the planner's predictor observes");

 public:
  template <class Features, class Stop>
  class Run;

  /// @throws std::invalid_argument if the network has not as many blocks as the planner has exits
  ElasticRunner(Network& blocks, Planner planner, Slot& slot, Policies... policies)
      : network_(&blocks),
        planner_(std::move(planner)),
        slot_(&slot),
        clock_(detail::chosen<detail::IsClock, SteadyClock>(policies...)),
        observe_(detail::chosen<detail::IsObservation<output_type>, OwnInputs<Planner::inputs>>(policies...)),
        answers_(detail::chosen<detail::IsAnswerPolicy<output_type>, NewestAnswer>(policies...)) {
    constexpr std::size_t fixed = detail::fixed_size<Network>();
    static_assert(fixed == 0 || fixed == exits,
                  "ElasticRunner: the network has not as many blocks as the planner has exits");
    if (const std::size_t count = block_count(blocks); count != exits)
      detail::refuse("ElasticRunner", "number of blocks", detail::number(count),
                     detail::number(exits) + ", one for every exit of the planner");
  }
  ElasticRunner(const Network&&, Planner, Slot&, Policies...) = delete;  // would refer to a dead network

  ElasticRunner(const ElasticRunner&) = delete;  // two writers to one slot
  ElasticRunner& operator=(const ElasticRunner&) = delete;
  ElasticRunner(ElasticRunner&&) noexcept = default;
  ElasticRunner& operator=(ElasticRunner&&) noexcept = default;

  /// Runs one sample. The stop is polled between conv parts and branches, and by those that take it; what a
  /// branch yields after the stop is not published. Itself it allocates, locks and throws nothing; what a
  /// block throws reaches the caller, and the slot keeps the last answer.
  /// @param features what the blocks work on, a temporary too
  template <class Features, pollable_stop Stop = never_stop>
  result_type run(Features&& features, Stop stop = {}) {
    Run<std::remove_reference_t<Features>, Stop> running(*this, features, std::move(stop));
    while (running.go_on()) {
    }
    return running.result();
  }

  /// The same, and `history`, such as a StopHistory, learns when the stop came, or that it did not before the
  /// run's end.
  template <class Features, pollable_stop Stop, learns_stops History>
  result_type run(Features&& features, Stop stop, History& history) {
    const result_type result = run(features, std::move(stop));
    learn(history, result);
    return result;
  }
  template <class Features, learns_stops History>
  result_type run(Features&& features, History& history) {
    return run(features, never_stop{}, history);
  }

  /// Begins a run that goes on by `step()` alone, so that other work can be done between two steps:
  /// `auto run = runner.start(x, stop); while (run.step()) { … }`. One run at a time, and the runner must
  /// stay where it is meanwhile.
  /// @param features must outlive the run
  template <class Features, pollable_stop Stop = never_stop>
  [[nodiscard]] Run<Features, Stop> start(Features& features, Stop stop = {}) {
    return Run<Features, Stop>(*this, features, std::move(stop));
  }

  [[nodiscard]] const Planner& planner() const noexcept { return planner_; }

  /// Plans by another law of the stop time from the next run on; see Planner::set_law.
  template <class Law>
  void set_law(const Law& law) {
    static_assert(
        requires(Planner & planner) { planner.set_law(law); },
        "ElasticRunner: set_law takes a law of the type that the planner was made with, such as "
        "Planner{times, predictor, history.law()}");
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

  /// Runs the next conv part or the next branch, and plans where that is due.
  ///
  /// What the caller did since the last step counts as time in which the stop may come, but neither as the
  /// network's nor as planning. What a block throws reaches the caller; the run can then not go on.
  /// @return what it did; false (RunStep::ended) once there is nothing left to do
  StepDone step() {
    if (left_) {
      reached_ = now();
      polled_ = false;
      result_.paused += reached_ - *left_;
      on_->planner_.pause(reached_ - *left_);
    }
    const StepDone done = go_on();
    left_ = now();
    return done;
  }

  /// What the run has come to: whole once step() has returned false.
  [[nodiscard]] const result_type& result() const noexcept { return result_; }

 private:
  friend ElasticRunner;

  Run(ElasticRunner& on, Features& features, Stop stop)
      : on_(&on), features_(features), stop_(std::move(stop)), start_(on.clock_.now()) {
    on_->slot_->begin_run();
    on_->planner_.reset();
    on_->answers_.reset();
    result_.planning = reached_ = now();
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

  /// Whether the stop has come by `reached_`; if not, that is known from now on.
  bool asks() noexcept {
    if (stop_.stop_requested()) return true;
    quiet_ = reached_;
    return false;
  }

  /// The stop came after `quiet_`. When, it may know itself; else it came this moment if a part that polls
  /// noticed it, and half-way through what was on since then if not.
  StepDone stopped(bool at_once) noexcept {
    reached_ = now();
    const std::optional<double> age = stop_age(stop_);
    if (age)
      result_.interrupted = (std::max)(quiet_, (std::min)(reached_ - *age, reached_));
    else
      result_.interrupted = at_once ? reached_ : (quiet_ + reached_) / 2;
    return end(stop_reason(stop_) == StopReason::deadline ? Outcome::deadline : Outcome::stopped);
  }

  /// Makes the output the answer in hand, or what the policy makes of both, and has the planner observe it.
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

  /// Notes what planning took since `reached_`.
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
          "ElasticRunner: a block has no classify() of these features that yields the slot's output "
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
  double quiet_ = 0;      // seconds after the start at which no stop had come yet
  double reached_ = 0;    // seconds after the start at which the last part or planning ended
  std::size_t at_ = 0;    // conv parts that have been run
  bool polled_ = false;   // since reached_
  bool planned_ = false;  // whether the planner did on the last occasion
  bool polls_ = true;     // whether the part that is or was on polls the stop by itself
  bool ended_ = false;
  std::optional<double> left_;  // when the last step returned to the caller
  result_type result_;
};

template <class Network, class Planner, class Slot, class... Policies>
ElasticRunner(Network&, Planner, Slot&, Policies...) -> ElasticRunner<Network, Planner, Slot, Policies...>;

}  // namespace einet

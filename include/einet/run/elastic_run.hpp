#pragma once
// A run in progress: the conv parts, branches and plannings of one sample, step by step.

#include <einet/run/answer_policy.hpp>
#include <einet/run/block.hpp>
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

template <class Network, class Planner, class Slot, class... Policies>
class ElasticRunner;

namespace detail {

/// What a runner is made of, and lends to its runs.
template <class Network, class Planner, class Slot, class Clock, class Observation, class AnswerPolicy>
struct RunnerParts {
  using Answers = AnswerPolicy;
  using output_type = typename Slot::value_type;
  using result_type = RunResult<output_type, Planner::exits>;
  static constexpr std::size_t inputs = Observation::inputs;

  Network* network;
  Planner planner;
  Slot* slot;
  [[no_unique_address]] Clock clock;
  [[no_unique_address]] Observation observe;
  [[no_unique_address]] Answers answers;
};

}  // namespace detail

/// A run that has begun, by ElasticRunner::start.
template <class Parts, class Features, class Stop>
class ElasticRun {
 public:
  ElasticRun(const ElasticRun&) = delete;
  ElasticRun& operator=(const ElasticRun&) = delete;

  /// Runs the next conv part or branch, and plans if that is due.
  ///
  /// The stop may come between two steps, but the caller's time there counts neither as the network's nor as
  /// planning. Exceptions of blocks reach the caller; the run can then not be continued.
  /// @return what it did; false (RunStep::ended) once the run is over
  StepDone step() {
    reached_ = now();
    polled_ = false;
    result_.paused += reached_ - left_;
    on_->planner.pause(reached_ - left_);
    const StepDone done = go_on();
    left_ = now();
    return done;
  }

  /// The result so far; complete once step() has returned false.
  [[nodiscard]] const auto& result() const noexcept { return result_; }

 private:
  template <class, class, class, class...>
  friend class ElasticRunner;
  using output_type = typename Parts::output_type;
  using result_type = typename Parts::result_type;

  ElasticRun(Parts& on, Features& features, Stop stop)
      : on_(&on), features_(features), stop_(std::move(stop)), start_(on.clock.now()) {
    on_->slot->begin_run();
    on_->planner.reset();
    on_->answers.reset();
    result_.planning = reached_ = left_ = now();
    on_->planner.spent(result_.planning);
  }

  [[nodiscard]] double now() const noexcept { return on_->clock.now() - start_; }

  StepDone go_on() {
    auto& planner = on_->planner;
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
    std::array<float, Parts::inputs> seen;
    if constexpr (std::same_as<typename Parts::Answers, NewestAnswer>) {
      on_->slot->publish(output, exit);
      seen = on_->observe(output, before);
      result_.answer = output;
      result_.exit = exit;
    } else {
      const auto in_hand = before != nullptr ? std::optional(Published<output_type>{*before, *result_.exit})
                                             : std::optional<Published<output_type>>();
      const Published<output_type> answer = on_->answers(output, exit, in_hand ? &*in_hand : nullptr);
      on_->slot->publish(answer.output, answer.exit);
      seen = on_->observe(answer.output, before);
      result_.answer = answer.output;
      result_.exit = answer.exit;
    }
    result_.ran.insert(exit);
    const double published = now();
    planned_ = on_->planner.observe(exit, seen, reached_, published);
    result_.planning += published - reached_;
    reached_ = published;
    charge();
  }

  /// Counts the time since `reached_` as planning.
  void charge() noexcept {
    if constexpr (requires { on_->clock.charge_planning(); })
      if (planned_) on_->clock.charge_planning();
    const double after = now();
    result_.planning += after - reached_;
    on_->planner.spent(after - reached_);
    reached_ = after;
  }

  bool advance() {
    return detail::visit_block(*on_->network, at_, [&](auto& block) {
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
    return detail::visit_block(*on_->network, exit, [&](auto& block) {
      polls_ = classifies_until<std::remove_reference_t<decltype(block)>, Features, output_type, Stop>;
      return detail::classify<output_type>(block, std::as_const(features_), stop_);
    });
  }

  Parts* on_;
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

}  // namespace einet

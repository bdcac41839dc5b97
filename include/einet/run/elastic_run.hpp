#pragma once
// A run in progress: the conv parts, branches and plannings of one sample, step by step.

#include <einet/run/block.hpp>
#include <einet/run/run_result.hpp>
#include <einet/run/runner_parts.hpp>
#include <einet/run/stop.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace einet {

template <class Network, class Planner, class Slot, class... Policies>
class ElasticRunner;

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
    just_polled_ = false;
    result_.paused += reached_ - left_;
    parts_->planner.pause(reached_ - left_);
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

  /// How a stop was noticed: by the part in which it came, or by the runner some time later.
  enum class Noticed { at_once, afterwards };

  ElasticRun(Parts& parts, Features& features, Stop stop)
      : parts_(&parts), features_(features), stop_(std::move(stop)), start_(parts.clock.now()) {
    parts_->slot->begin_run();
    parts_->planner.reset();
    parts_->answers.reset();
    result_.planning = reached_ = left_ = now();
    parts_->planner.spent(result_.planning);
  }

  [[nodiscard]] double now() const noexcept { return parts_->clock.now() - start_; }

  StepDone go_on() {
    if (ended_) return {RunStep::ended, at_};
    const std::optional<std::size_t> exit = parts_->planner.next_exit();
    if (!exit) return end_of_plan();
    if (!just_polled_ && stop_has_come()) return stopped(Noticed::afterwards);
    return at_ <= *exit ? run_conv_part() : run_branch(*exit);
  }

  StepDone end_of_plan() noexcept {
    if (result_.answer) return end(Outcome::completed);
    return stop_has_come() ? stopped(Noticed::afterwards) : end(Outcome::nothing_planned);
  }

  StepDone run_conv_part() {
    const bool whole = advance();
    if (!unstoppable<Stop> || parts_->planner.follows_pace()) reached_ = now();
    if (!whole || stop_has_come()) return stopped(part_notices_);
    planned_ = parts_->planner.pass(at_++, reached_);
    if (planned_) charge();
    just_polled_ = !planned_;
    return {RunStep::advanced, at_ - 1};
  }

  StepDone run_branch(std::size_t exit) {
    const std::optional<output_type> output =
        detail::visit_block(*parts_->network, exit, [&]<class Block>(Block& block) {
          part_notices_ =
              classifies_until<Block, Features, output_type, Stop> ? Noticed::at_once : Noticed::afterwards;
          return detail::classify<output_type>(block, std::as_const(features_), stop_);
        });
    reached_ = now();
    if (!output || stop_has_come()) return stopped(part_notices_);
    publish(*output, exit);
    just_polled_ = false;
    return {RunStep::published, exit};
  }

  StepDone end(Outcome outcome) noexcept {
    result_.outcome = outcome;
    result_.elapsed = now();
    ended_ = true;
    return {RunStep::ended, at_};
  }

  /// Polls the stop; if it has not come, notes that for `reached_`.
  bool stop_has_come() noexcept {
    if (stop_.stop_requested()) return true;
    quiet_ = reached_;
    return false;
  }

  /// Ends the run. The stop came after `quiet_`: at the moment that it gives itself, or now if it was noticed
  /// at once, or else half-way between the two.
  StepDone stopped(Noticed noticed) noexcept {
    reached_ = now();
    const std::optional<double> age = stop_age(stop_);
    if (age)
      result_.stopped_at = (std::max)(quiet_, (std::min)(reached_ - *age, reached_));
    else
      result_.stopped_at = noticed == Noticed::at_once ? reached_ : (quiet_ + reached_) / 2;
    return end(stop_reason(stop_) == StopReason::deadline ? Outcome::deadline : Outcome::stopped);
  }

  /// Publishes the answer that the policy makes of the output, and has the planner observe it.
  void publish(const output_type& output, std::size_t exit) noexcept {
    const auto seen = detail::publish(*parts_, result_, output, exit);
    const double published = now();
    planned_ = parts_->planner.observe(exit, seen, reached_, published);
    result_.planning += published - reached_;
    reached_ = published;
    charge();
  }

  /// Counts the time since `reached_` as planning.
  void charge() noexcept {
    if constexpr (requires { parts_->clock.charge_planning(); })
      if (planned_) parts_->clock.charge_planning();
    const double after = now();
    result_.planning += after - reached_;
    parts_->planner.spent(after - reached_);
    reached_ = after;
  }

  bool advance() {
    return detail::visit_block(*parts_->network, at_, [&]<class Block>(Block& block) {
      static_assert(advances<Block, Features> || advances_until<Block, Features, Stop>,
                    "ElasticRunner: a block has no advance() for these features: void advance(Features&) or "
                    "bool advance(Features&, stop); const if the network is");
      static_assert(
          classifies<Block, Features, output_type> || classifies_until<Block, Features, output_type, Stop>,
          "ElasticRunner: a block has no classify() for these features that returns the slot's output "
          "type: Output classify(const Features&) or std::optional<Output> classify(const Features&, "
          "stop); const if the network is");
      part_notices_ = advances_until<Block, Features, Stop> ? Noticed::at_once : Noticed::afterwards;
      return detail::advance(block, features_, stop_);
    });
  }

  Parts* parts_;
  Features& features_;
  [[no_unique_address]] Stop stop_;
  double start_;              // by the clock
  double quiet_ = 0;          // seconds after the start at which the stop was last known not to have come
  double reached_ = 0;        // seconds after the start at which the last part or planning ended
  std::size_t at_ = 0;        // number of conv parts that have been run
  bool just_polled_ = false;  // whether the stop has been polled since reached_
  bool planned_ = false;      // whether the planner last planned anew
  Noticed part_notices_ = Noticed::at_once;  // when the current or last part notices the stop
  bool ended_ = false;
  double left_;  // seconds after the start at which the caller was last given back control
  result_type result_;
};

}  // namespace einet

#pragma once
// What a run did and when: parts, publishing, planning and the stop. The run is driven by its steps, so that
// runner, planner and blocks are those of the product, and runs without a trace pay nothing for it.

#include <einet/run/clock.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/run_result.hpp>
#include <einet/run/slot.hpp>
#include <einet/run/stop.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace einet::eval {

/// What a run can be busy with; `stop` takes no time.
enum class TracedWork { run, conv_part, branch, publish, plan, stop };

/// Something that a run did.
struct TraceEvent {
  TracedWork work = TracedWork::run;
  double begin = 0, end = 0;            ///< seconds by the clock
  std::optional<std::size_t> block{};   ///< of a part or an answer; of a plan, the next exit, nothing if none
  float confidence = 0;                 ///< of an answer that was published
  std::optional<std::int32_t> label{};  ///< of an answer that has one
  bool whole = true;                    ///< false for a part that the stop found unfinished
};

/// The events of one run, in the order in which they began: the run itself, in which all others lie one after
/// the other. Recording allocates nothing.
class RunTrace {
 public:
  /// @param exits of the network
  explicit RunTrace(std::size_t exits)
      : exits_(exits), events_(5 * exits + 4), planned_(events_.size() * exits) {}

  [[nodiscard]] std::span<const TraceEvent> events() const noexcept { return {events_.data(), count_}; }
  [[nodiscard]] std::size_t exits() const noexcept { return exits_; }
  /// Whether the plan of an event would run the branch of `exit`; false if the planner does not tell its
  /// plan.
  /// @pre the event is a plan, exit < exits()
  [[nodiscard]] bool plans(std::size_t event, std::size_t exit) const noexcept {
    return planned_[event * exits_ + exit] != 0;
  }
  [[nodiscard]] std::optional<Outcome> outcome() const noexcept { return outcome_; }

  /// Forgets all events.
  void clear() noexcept {
    count_ = 0;
    outcome_.reset();
  }
  /// Adds an event. What does not fit is left out.
  void push(const TraceEvent& event) noexcept {
    if (count_ < events_.size()) events_[count_++] = event;
  }
  /// Adds a plan, whose exits are those for which `contains(exit)`.
  template <class Contains>
  void push_plan(const TraceEvent& event, const Contains& contains) noexcept {
    if (count_ == events_.size()) return;
    for (std::size_t k = 0; k < exits_; ++k) planned_[count_ * exits_ + k] = contains(k) ? 1 : 0;
    push(event);
  }
  /// Ends the run that the first event began.
  /// @pre there is an event
  void end(double moment, Outcome outcome) noexcept {
    events_.front().end = moment;
    outcome_ = outcome;
  }

 private:
  std::size_t exits_;
  std::vector<TraceEvent> events_;
  std::vector<unsigned char> planned_;  // [events][exits]
  std::size_t count_ = 0;
  std::optional<Outcome> outcome_{};
};

/// Passes everything on to a slot, and knows when the newest answer was published. Both sides may use the
/// slot itself, too.
template <result_slot Slot, run_clock Clock = SteadyClock>
class TimedSlot {
 public:
  using value_type = typename Slot::value_type;

  /// @param slot must outlive it
  explicit TimedSlot(Slot& slot, Clock clock = {}) noexcept : slot_(&slot), clock_(std::move(clock)) {}

  void begin_run() noexcept { slot_->begin_run(); }
  void publish(const value_type& output, std::size_t exit) noexcept {
    begin_ = clock_.now();
    slot_->publish(output, exit);
    end_ = clock_.now();
  }
  [[nodiscard]] std::optional<Published<value_type>> read() const noexcept {
    return std::as_const(*slot_).read();
  }

  [[nodiscard]] const Clock& clock() const noexcept { return clock_; }
  /// When publishing the newest answer began and ended, by the clock.
  [[nodiscard]] double begin() const noexcept { return begin_; }
  [[nodiscard]] double end() const noexcept { return end_; }

 private:
  Slot* slot_;
  [[no_unique_address]] Clock clock_;
  double begin_ = 0, end_ = 0;
};

namespace detail {

/// The label of an output that has one.
template <class Output>
[[nodiscard]] std::optional<std::int32_t> label_of([[maybe_unused]] const Output& output) noexcept {
  if constexpr (requires {
                  { output.label } -> std::convertible_to<std::int32_t>;
                })
    return output.label;
  else
    return std::nullopt;
}

}  // namespace detail

/// Runs one sample as `runner.run(features, stop)` does, and records it.
/// @param slot the one that the runner publishes to; its clock must be the runner's
/// @param trace of as many exits; what it held is forgotten
template <class Runner, class Features, pollable_stop Stop, class Slot, class Clock>
typename Runner::result_type run_traced(Runner& runner, Features& features, Stop stop,
                                        const TimedSlot<Slot, Clock>& slot, RunTrace& trace) {
  const Clock& clock = slot.clock();
  trace.clear();
  const double start = clock.now();
  trace.push({TracedWork::run, start, start});
  auto run = runner.start(features, std::move(stop));
  double now = clock.now();
  const auto push_plan = [&](double begin) {
    const auto& planner = runner.planner();
    trace.push_plan({TracedWork::plan, begin, now, planner.next_exit()}, [&](std::size_t k) {
      if constexpr (requires {
                      { planner.plan().plan.contains(k) } -> std::same_as<bool>;
                    })
        return planner.plan().plan.contains(k);
      else
        return false;
    });
  };
  push_plan(start);
  for (std::size_t conv_parts = 0;;) {
    const std::optional<std::size_t> exit = runner.planner().next_exit();
    const double before = now, planning = run.result().planning;
    const StepDone done = run.step();
    now = clock.now();
    const auto& result = run.result();
    if (done.step == RunStep::advanced) {
      // What the runner counts as planning ends the step.
      const double planned = (std::max)(before, now - (result.planning - planning));
      trace.push({TracedWork::conv_part, before, planned, done.block});
      if (planned < now) push_plan(planned);
      conv_parts = done.block + 1;
    } else if (done.step == RunStep::published) {
      trace.push({TracedWork::branch, before, slot.begin(), done.block});
      trace.push({TracedWork::publish, slot.begin(), slot.end(), done.block,
                  static_cast<float>(confidence(*result.answer)), detail::label_of(*result.answer)});
      push_plan(slot.end());
    } else {
      if (result.outcome == Outcome::stopped || result.outcome == Outcome::deadline) {
        const double stopped_at = start + result.stopped_at;
        const TraceEvent stop_came{TracedWork::stop, stopped_at, stopped_at};
        if (stopped_at < before) trace.push(stop_came);
        const bool in_conv_part = exit && conv_parts <= *exit;
        if (exit && before < now)
          trace.push({in_conv_part ? TracedWork::conv_part : TracedWork::branch, before, now,
                      in_conv_part ? conv_parts : *exit, 0, std::nullopt, false});
        if (stopped_at >= before) trace.push(stop_came);
      }
      trace.end(now, result.outcome);
      return result;
    }
  }
}

}  // namespace einet::eval

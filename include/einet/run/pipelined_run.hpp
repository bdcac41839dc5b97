#pragma once
// One run with branches beside the backbone, from the side of the branch core.

#include <einet/plan/exits.hpp>
#include <einet/run/backbone.hpp>
#include <einet/run/block.hpp>
#include <einet/run/pipelined.hpp>
#include <einet/run/run_result.hpp>
#include <einet/run/runner_parts.hpp>
#include <einet/run/spin_wait.hpp>
#include <einet/run/stop.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace einet::detail {

template <class Parts, class Companion, class Features, class Stop>
class PipelinedRun {
 public:
  using output_type = typename Parts::output_type;
  using result_type = typename Parts::result_type;

  PipelinedRun(Parts& parts, Companion& companion, Features& features, const Stop& stop)
      : parts_(parts),
        companion_(companion),
        features_(features),
        stop_(stop),
        start_(parts.clock.now()),
        backbone_(*parts.network, features, stop, parts.clock, start_) {}
  PipelinedRun(const PipelinedRun&) = delete;
  PipelinedRun& operator=(const PipelinedRun&) = delete;
  ~PipelinedRun() { leave(); }

  [[nodiscard]] result_type run() {
    parts_.slot->begin_run();
    parts_.planner.reset();
    parts_.answers.reset();
    result_.planning = now();
    if (stop_has_come() || !parts_.planner.next_exit()) return ended();
    companion_.start(&Backbone::run, &backbone_);
    started_ = true;
    while (const std::optional<std::size_t> exit = parts_.planner.next_exit()) {
      const Wait wait = await(*exit);
      if (wait == Wait::other_plan) continue;
      if (wait == Wait::stopped || !run_branch(*exit)) break;
    }
    return ended();
  }

 private:
  using Planner = decltype(Parts::planner);
  using Clock = decltype(Parts::clock);
  using Network = std::remove_pointer_t<decltype(Parts::network)>;
  using Backbone = detail::Backbone<Network, Features, Stop, Clock, Planner::exits>;
  enum class Wait { over, other_plan, stopped };

  [[nodiscard]] double now() const noexcept { return parts_.clock.now() - start_; }

  /// Waits until conv part `exit` is done, or runs the parts up to it as long as no companion has come.
  Wait await(std::size_t exit) {
    for (SpinWait spin;;) {
      const std::size_t parts = backbone_.parts();
      const double moment = now();
      const BackboneProgress progress = backbone_.progress(moment);
      if (stop_has_come()) return Wait::stopped;
      if (progress.parts > exit) return Wait::over;
      if (progress.parts > passed_ && parts_.planner.follows_pace()) {
        passed_ = progress.parts;
        if (parts_.planner.pass(progress, moment)) {
          planned_ = true;
          charge(moment);
          return Wait::other_plan;
        }
      }
      if (parts > progress.parts) {  // on a virtual clock: the next part is done later
        if constexpr (requires { parts_.clock.wait_until(moment); })
          parts_.clock.wait_until(start_ + backbone_.done_at(progress.parts));
      } else if (backbone_.ended() && backbone_.parts() <= exit) {
        leave();
        backbone_.rethrow();
        return stopped(true);
      } else if (!backbone_.run_part_here()) {
        spin();
      }
    }
  }

  /// Runs the branch of `exit` and publishes its output; false if the stop came first.
  bool run_branch(std::size_t exit) {
    const double began = now();
    bool notices = false;
    const std::optional<output_type> output =
        visit_block(*parts_.network, exit, [&]<class Block>(Block& block) {
          static_assert(
              classifies<Block, Features, output_type> ||
                  classifies_until<Block, Features, output_type, Stop>,
              "PipelinedRunner: a block has no classify() for these features that returns the slot's output "
              "type: Output classify(const Features&) or std::optional<Output> classify(const Features&, "
              "stop); const if the network is");
          notices = classifies_until<Block, Features, output_type, Stop>;
          return classify<output_type>(block, std::as_const(features_), stop_);
        });
    const double ready = now();
    if (!output) {
      stopped(true);
      return false;
    }
    if (stop_.stop_requested()) {
      stopped(notices);
      return false;
    }
    quiet_ = ready;
    const auto seen = publish(parts_, result_, *output, exit);
    const double published = now();
    planned_ = parts_.planner.observe(exit, seen, began, ready, published, backbone_.progress(published));
    charge(ready);
    return true;
  }

  /// Counts the time since `from` as planning.
  void charge(double from) noexcept {
    if constexpr (requires { parts_.clock.charge_planning(); })
      if (planned_) parts_.clock.charge_planning();
    result_.planning += now() - from;
  }

  /// Polls the stop; notes when it had not come yet.
  bool stop_has_come() noexcept {
    if (stop_.stop_requested()) {
      stopped(true);
      return true;
    }
    if constexpr (!unstoppable<Stop>) quiet_ = now();
    return false;
  }

  /// The stop came after `quiet_`: at the moment that it gives itself, or now if it was noticed at once, or
  /// else half-way between the two.
  Wait stopped(bool at_once) noexcept {
    const double noticed = now();
    if (const std::optional<double> age = stop_age(stop_))
      result_.stopped_at = (std::max)(quiet_, (std::min)(noticed - *age, noticed));
    else
      result_.stopped_at = at_once ? noticed : (quiet_ + noticed) / 2;
    outcome_ = stop_reason(stop_) == StopReason::deadline ? Outcome::deadline : Outcome::stopped;
    return Wait::stopped;
  }

  result_type ended() noexcept {
    leave();
    result_.outcome = outcome_ ? *outcome_ : result_.answer ? Outcome::completed : Outcome::nothing_planned;
    result_.elapsed = now();
    return result_;
  }

  /// The features are the caller's again once the companion has left them.
  void leave() noexcept {
    if (!started_) return;
    backbone_.leave();
    companion_.join();
    started_ = false;
  }

  Parts& parts_;
  Companion& companion_;
  Features& features_;
  const Stop& stop_;
  double start_;  // by the clock
  Backbone backbone_;
  bool started_ = false;    // whether the companion may be at work
  double quiet_ = 0;        // seconds after the start at which the stop was last known not to have come
  std::size_t passed_ = 0;  // conv parts that the planner knows to be done
  bool planned_ = false;    // whether the planner last planned anew
  std::optional<Outcome> outcome_;
  result_type result_;
};

}  // namespace einet::detail

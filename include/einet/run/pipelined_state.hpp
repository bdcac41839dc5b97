#pragma once
// The problem that a pipelined planner solves, kept up to date during a run.

#include <einet/base/assert.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/pipelined_problem.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/run/pace.hpp>
#include <einet/run/pipelined.hpp>
#include <einet/run/planner_options.hpp>

#include <array>
#include <cmath>
#include <cstddef>

namespace einet::detail {

/// How far the backbone and the branches of a run have come, and when each conv part to come will be done,
/// by a time profile scaled by pace and margin. Both cores count for the pace; waiting does not.
template <std::size_t N>
class PipelinedState {
 public:
  /// @throws std::invalid_argument naming the field of the time profile or of the options that is not valid
  PipelinedState(const TimeProfile<N>& times, const PlannerOptions& options)
      : times_(times),
        options_(options),
        pace_(memory * times.total()),
        problem_(static_cast<const ExitCount<N>&>(times)) {
    validate(times);
    validate(options);
    problem_.price = options.price;
    reset();
  }

  void set_price(double price) noexcept { problem_.price = price; }
  void set_initial_worth(float worth) noexcept { options_.initial_worth = worth; }

  /// Returns to the start of a run.
  void reset() noexcept {
    problem_.in_hand = options_.initial_worth;
    problem_.first = 0;
    problem_.elapsed = 0;
    progress_ = {};
    pace_.reset();
    keep_pace();
  }

  /// The branch of `exit` began at `began`, its output was ready at `ready` and is published at `elapsed`,
  /// when the backbone was so far. A time that is not finite or goes back counts as the one before.
  /// @pre exit < exit_count(), later than the last one
  void publish(std::size_t exit, double began, double ready, double elapsed,
               const BackboneProgress& progress) noexcept {
    EINET_ASSERT(exit < times_.exit_count() && exit >= problem_.first);
    pace_.observe(times_.branch[exit], ready - began);
    problem_.first = exit + 1;
    come_to(elapsed, progress);
    keep_pace();
  }

  /// While no branch ran, the backbone has come so far.
  /// @return whether the pace has changed since keep_pace()
  bool pass(const BackboneProgress& progress, double elapsed) noexcept {
    if (!options_.follow_pace) return false;
    come_to(elapsed, progress);
    if (std::abs(pace() - scaled_by_) <= change * scaled_by_) return false;
    keep_pace();
    return true;
  }

  /// Takes the worth of the answer in hand, a probability.
  void hold(float worth) noexcept { problem_.in_hand = worth; }

  /// Takes the confidences to expect, as probabilities.
  void expect(const std::array<float, most_exits<N>>& confidences) noexcept {
    for (std::size_t k = 0; k < times_.exit_count(); ++k)
      problem_.confidences[k] = as_probability(confidences[k]);
  }

  [[nodiscard]] const PipelinedProblem<N>& problem() const noexcept { return problem_; }
  [[nodiscard]] const TimeProfile<N>& times() const noexcept { return times_; }
  [[nodiscard]] bool follows_pace() const noexcept { return options_.follow_pace; }
  [[nodiscard]] double pace() const noexcept { return options_.follow_pace ? pace_.factor() : 1; }

 private:
  static constexpr double memory = 0.05;  // of the pace, as a share of the profile's total
  static constexpr double change = 0.1;   // of the pace, relative, that matters between two branches

  void come_to(double elapsed, const BackboneProgress& progress) noexcept {
    if (elapsed > problem_.elapsed && is_finite(elapsed)) problem_.elapsed = elapsed;
    if (progress.parts <= progress_.parts || progress.parts > times_.exit_count() ||
        !(progress.done_at >= progress_.done_at && is_finite(progress.done_at)))
      return;
    double profiled = 0;
    for (std::size_t k = progress_.parts; k < progress.parts; ++k) profiled += times_.conv[k];
    pace_.observe(profiled, progress.done_at - progress_.done_at);
    progress_ = progress;
  }

  /// Scales what is left of the profile by the current pace. Parts to come follow the last one that is done,
  /// in the order in which the backbone adds them: at the profile's own pace, their moments stay the same to
  /// the last bit, wherever the run is.
  void keep_pace() noexcept {
    scaled_by_ = pace();
    const double scale = scaled_by_ * options_.margin;
    double arrival = progress_.done_at;
    for (std::size_t k = 0; k < times_.exit_count(); ++k) {
      if (k >= progress_.parts) arrival += times_.conv[k] * scale;
      problem_.arrival[k] = arrival;
      problem_.branch[k] = times_.branch[k] * scale;
    }
  }

  TimeProfile<N> times_;
  PlannerOptions options_;
  Pace pace_;
  BackboneProgress progress_;
  double scaled_by_ = 0;  // pace by which the problem's times are scaled
  PipelinedProblem<N> problem_;
};

}  // namespace einet::detail

#pragma once
// The problem that a planner solves, kept up to date during a run.

#include <einet/base/assert.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/run/pace.hpp>
#include <einet/run/planner_options.hpp>

#include <array>
#include <cmath>
#include <cstddef>

namespace einet::detail {

/// How far a run has come, and what is left of its time profile, scaled by pace and margin. The pace compares
/// the measured times of parts with their profile; pauses between parts do not count.
template <std::size_t N>
class PacedProblem {
 public:
  /// @throws std::invalid_argument naming the field of the time profile or of the options that is not valid
  PacedProblem(const TimeProfile<N>& times, const PlannerOptions& options)
      : times_(times), options_(options), pace_(memory * times.total()) {
    if constexpr (run_time_exits<N>) problem_.times = times;
    validate(times);
    validate(options);
    problem_.price = options.price;
  }

  void set_price(double price) noexcept { problem_.price = price; }
  void set_initial_worth(float worth) noexcept { options_.initial_worth = worth; }

  /// Returns to the start of a run.
  void reset() noexcept {
    problem_.in_hand = options_.initial_worth;
    problem_.first = 0;
    problem_.elapsed = 0;
    passed_ = 0;
    part_began_ = 0;
    pace_.reset();
    scaled_by_ = 0;
    keep_pace();
  }

  /// The output of `exit` was ready at `ready` and is published at `elapsed`, seconds since the start.
  /// @pre exit < exit_count(), later than the last one
  void publish(std::size_t exit, double ready, double elapsed) noexcept {
    EINET_ASSERT(exit < times_.exit_count());
    EINET_ASSERT(exit >= problem_.first);
    move_on(exit, times_.branch[exit], ready);
    pause_until(elapsed);
    come_to(exit + 1, ready);
    come_to(exit + 1, elapsed);
  }

  /// Conv part `part` had been run at `elapsed`.
  /// @return whether the pace has changed since keep_pace(). If so, the problem now starts at this part,
  /// whose conv time is 0.
  /// @pre part < exit_count(), every part before it has been run
  bool pass(std::size_t part, double elapsed) noexcept {
    EINET_ASSERT(part < times_.exit_count());
    EINET_ASSERT(part >= passed_);
    if (!options_.follow_pace) return false;
    move_on(part, 0, elapsed);
    if (std::abs(pace() - scaled_by_) <= change * scaled_by_) return false;
    come_to(part, elapsed);
    keep_pace();
    problem_.times.conv[part] = 0;
    return true;
  }

  /// The next part begins `seconds` later than known so far.
  void pause(double seconds) noexcept { part_began_ += seconds; }

  /// Takes the worth of the answer in hand, a probability.
  void hold(float worth) noexcept { problem_.in_hand = worth; }

  /// Takes the confidences to expect, as probabilities, which searches require.
  void expect(const std::array<float, most_exits<N>>& confidences) noexcept {
    for (std::size_t k = 0; k < times_.exit_count(); ++k)
      problem_.confidences[k] = as_probability(confidences[k]);
  }

  /// Scales what is left of the profile by the current pace.
  void keep_pace() noexcept {
    if (pace() == scaled_by_) return;
    scaled_by_ = pace();
    const double scale = scaled_by_ * options_.margin;
    for (std::size_t k = problem_.first; k < times_.exit_count(); ++k) {
      problem_.times.conv[k] = times_.conv[k] * scale;
      problem_.times.branch[k] = times_.branch[k] * scale;
    }
  }

  [[nodiscard]] const Problem<N>& problem() const noexcept { return problem_; }
  [[nodiscard]] const TimeProfile<N>& times() const noexcept { return times_; }
  [[nodiscard]] bool follows_pace() const noexcept { return options_.follow_pace; }
  [[nodiscard]] double pace() const noexcept { return options_.follow_pace ? pace_.factor() : 1; }

 private:
  static constexpr double memory = 0.05;  // of the pace, as a share of the profile's total
  static constexpr double change = 0.1;   // of the pace, relative, that matters between two branches

  /// Conv part `part`, and then a branch of `branch` profiled seconds, were done at `elapsed`.
  void move_on(std::size_t part, double branch, double elapsed) noexcept {
    double profiled = branch;
    for (; passed_ <= part; ++passed_) profiled += times_.conv[passed_];
    if (!is_finite(elapsed)) return;
    pace_.observe(profiled, elapsed - part_began_);
    pause_until(elapsed);
  }

  void pause_until(double elapsed) noexcept {
    if (elapsed > part_began_ && is_finite(elapsed)) part_began_ = elapsed;
  }

  void come_to(std::size_t first, double elapsed) noexcept {
    problem_.first = first;
    if (elapsed > problem_.elapsed && is_finite(elapsed)) problem_.elapsed = elapsed;
  }

  TimeProfile<N> times_;
  PlannerOptions options_;
  Pace pace_;
  std::size_t passed_ = 0;  // number of conv parts that have been run
  double part_began_ = 0;   // when the next part began, at the earliest
  double scaled_by_ = 0;    // pace by which problem_.times are scaled
  Problem<N> problem_;
};

}  // namespace einet::detail

#pragma once
// The conv parts of one run, one after another, and what the branch core may know of them. The companion runs
// them, as soon as its core is awake; until then the branch core runs those that it needs itself, as in turn,
// so that a companion that comes late, or not at all, costs nothing. The hand-over is an owner of the
// backbone and a count of the parts that are done, both atomic: what a part has written is visible to whoever
// reads the count or becomes the owner. Nobody locks, and the backbone waits at most once, for the part that
// is under way.

#include <einet/plan/exits.hpp>
#include <einet/run/block.hpp>
#include <einet/run/pipelined.hpp>
#include <einet/run/spin_wait.hpp>
#include <einet/run/stop.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <exception>
#include <utility>

namespace einet::detail {

/// Stops by `stop`, or because the run is over.
template <pollable_stop Stop>
class StopOrOver {
 public:
  StopOrOver(const Stop& stop, const std::atomic<bool>& over) noexcept : stop_(&stop), over_(&over) {}

  [[nodiscard]] bool stop_requested() const noexcept {
    return over_->load(std::memory_order_relaxed) || stop_->stop_requested();
  }

 private:
  const Stop* stop_;
  const std::atomic<bool>* over_;
};

/// What the backbone's clock shows: on a virtual clock, whose cores have times of their own, the backbone's.
template <class Clock>
[[nodiscard]] double backbone_now(const Clock& clock) noexcept {
  if constexpr (requires { clock.backbone_now(); })
    return clock.backbone_now();
  else
    return clock.now();
}

/// Made by the branch core, run by the companion. It must outlive the companion's job.
/// @tparam N exits of the planner
template <class Network, class Features, class Stop, class Clock, std::size_t N>
class Backbone {
 public:
  using stop_type = StopOrOver<Stop>;

  /// @param start by `clock`
  Backbone(Network& network, Features& features, const Stop& stop, const Clock& clock, double start) noexcept
      : network_(network), features_(features), stop_(stop, over_), clock_(clock), start_(start) {}
  Backbone(const Backbone&) = delete;
  Backbone& operator=(const Backbone&) = delete;

  /// The companion's job: `of` is a Backbone. Runs all conv parts, beyond the last planned exit too, because
  /// a plan may grow, and then the formula for ready times holds; until it is told that the run is over.
  static void run(void* of) noexcept {
    Backbone& self = *static_cast<Backbone*>(of);
    self.companion_is_here_.store(true, std::memory_order_relaxed);
    SpinWait spin;
    for (; !self.claim(Owner::companion); spin())
      if (self.stop_.stop_requested()) return;
#ifdef __cpp_exceptions
    try {
      self.run_parts();
    } catch (...) {
      self.error_ = std::current_exception();
      self.ended_.store(true, std::memory_order_release);
    }
#else
    self.run_parts();
#endif
  }

  // For the branch core:

  /// Runs the next conv part here, if no companion has come yet.
  /// @return whether it has tried to
  bool run_part_here() {
    if (companion_is_here_.load(std::memory_order_relaxed) || !claim(Owner::caller)) return false;
    run_part();
    owner_.store(Owner::nobody, std::memory_order_release);
    return true;
  }

  /// Number of conv parts that are done.
  [[nodiscard]] std::size_t parts() const noexcept {
    return parts_.load(std::memory_order_acquire);
  }

  /// When a conv part was done, in seconds since the start.
  /// @pre part < parts()
  [[nodiscard]] double done_at(std::size_t part) const noexcept {
    return done_at_[part];
  }

  /// How far it was at `now`, seconds since the start, as far as is known.
  [[nodiscard]] BackboneProgress progress(double now) const noexcept {
    std::size_t count = parts();
    while (count > 0 && done_at_[count - 1] > now) --count;
    return {count, count > 0 ? done_at_[count - 1] : 0};
  }

  /// Whether no further part will be done.
  [[nodiscard]] bool ended() const noexcept {
    return ended_.load(std::memory_order_acquire);
  }

  /// Tells that the run is over: the part that is under way ends at its next poll.
  void leave() noexcept {
    over_.store(true, std::memory_order_relaxed);
  }

  /// Throws what a conv part has thrown.
  /// @pre ended()
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  enum class Owner : int { nobody, caller, companion };

  bool claim(Owner by) noexcept {
    Owner expected = Owner::nobody;
    return owner_.compare_exchange_strong(expected, by, std::memory_order_acquire);
  }

  /// All parts that are left.
  /// @pre called by the owner
  void run_parts() {
    while (!ended_.load(std::memory_order_relaxed)) run_part();
  }

  /// The next part; ends the backbone if there is none, or the stop comes.
  /// @pre called by the owner
  void run_part() {
    const std::size_t part = parts_.load(std::memory_order_relaxed);
    const bool whole =
        part < block_count(network_) && !stop_.stop_requested() &&
        visit_block(network_, part, [&]<class Block>(Block& block) {
          static_assert(
              advances_until<Block, Features, stop_type>,
              "PipelinedRunner: conv parts run ahead of the plan, so that they must take the stop: bool "
              "advance(Features&, const auto& stop); const if the network is");
          return block.advance(features_, stop_);
        });
    if (whole) {
      done_at_[part] = backbone_now(clock_) - start_;
      parts_.store(part + 1, std::memory_order_release);
    } else {
      ended_.store(true, std::memory_order_release);
    }
  }

  Network& network_;
  Features& features_;
  std::atomic<bool> over_{false};
  stop_type stop_;
  Clock clock_;
  double start_;
  std::exception_ptr error_;
  std::array<double, most_exits<N>> done_at_{};
  // On a line of their own: the branch core polls them.
  alignas(64) std::atomic<std::size_t> parts_{0};
  std::atomic<Owner> owner_{Owner::nobody};
  std::atomic<bool> companion_is_here_{false};
  std::atomic<bool> ended_{false};
};

}  // namespace einet::detail

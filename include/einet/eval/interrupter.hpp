#pragma once
// A forced exit, live: another thread that at a given moment takes what the slot holds, as if the run died
// then, and asks it to stop.

#include <einet/run/clock.hpp>
#include <einet/run/slot.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>

namespace einet::eval {

/// Polls a flag that another thread raises.
class FlagStop {
 public:
  explicit FlagStop(const std::atomic<bool>& raised) noexcept : raised_(&raised) {}
  [[nodiscard]] bool stop_requested() const noexcept { return raised_->load(std::memory_order_relaxed); }

 private:
  const std::atomic<bool>* raised_;
};

/// One thread that interrupts run after run. It spins while a run is on, so as to be on time to the
/// microsecond; it wants a core of its own.
template <result_slot Slot>
class Interrupter {
 public:
  using output_type = typename Slot::value_type;

  /// What was in hand at the forced exit, and when that really was.
  struct Taken {
    std::optional<Published<output_type>> in_hand;
    double moment;  ///< seconds after the start of the run
  };

  /// @param slot the one that the runs publish to; it must outlive the interrupter
  explicit Interrupter(const Slot& slot) : slot_(&slot), thread_([this] { serve(); }) {}
  ~Interrupter() {
    state_.store(State::ended);
    state_.notify_one();
  }
  Interrupter(const Interrupter&) = delete;
  Interrupter& operator=(const Interrupter&) = delete;

  /// Calls run(stop) and interrupts it `after` seconds from its start; returns when both the run and the
  /// moment are past.
  template <class Run>
  Taken interrupt(double after, Run&& run) {
    raised_.store(false);
    move(State::idle, State::called);
    while (state_.load(std::memory_order_acquire) != State::ready) std::this_thread::yield();
    const double start = SteadyClock::now();
    due_ = start + after;
    state_.store(State::running, std::memory_order_release);
    run(FlagStop{raised_});
    while (state_.load(std::memory_order_acquire) != State::taken) std::this_thread::yield();
    const Taken taken{in_hand_, taken_at_ - start};
    state_.store(State::idle);
    return taken;
  }

 private:
  enum class State : std::uint8_t { idle, called, ready, running, taken, ended };

  void move(State from, State to) noexcept {
    if (state_.compare_exchange_strong(from, to)) state_.notify_one();
  }

  void serve() noexcept {
    for (;;) {
      for (State now = state_.load(); now != State::called; now = state_.load()) {
        if (now == State::ended) return;
        state_.wait(now);
      }
      state_.store(State::ready, std::memory_order_release);
      while (state_.load(std::memory_order_acquire) == State::ready) {
      }
      while (SteadyClock::now() < due_) {
      }
      in_hand_ = slot_->read();
      taken_at_ = SteadyClock::now();
      raised_.store(true, std::memory_order_relaxed);
      state_.store(State::taken, std::memory_order_release);
    }
  }

  const Slot* slot_;
  std::atomic<State> state_{State::idle};
  std::atomic<bool> raised_{false};
  double due_ = 0;  // written before `running` is stored, read after it is seen
  std::optional<Published<output_type>> in_hand_;
  double taken_at_ = 0;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace einet::eval

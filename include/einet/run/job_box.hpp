#pragma once
// The hand-over of one job from one thread to another, without locks.

#include <einet/run/spin_wait.hpp>

#include <atomic>

namespace einet::detail {

/// One thread posts jobs and withdraws them, another takes them.
class JobBox {
 public:
  enum class State : int { empty, posted, at_work, closed };

  /// @pre no job is posted or at work
  void post(void (*job)(void*) noexcept, void* of) noexcept {
    job_ = job;
    of_ = of;
    state_.store(State::posted, std::memory_order_release);
    state_.notify_one();  // a system call only if somebody sleeps
  }

  /// Does the job that is posted, if there is one.
  bool work() noexcept {
    State expected = State::posted;
    if (!state_.compare_exchange_strong(expected, State::at_work, std::memory_order_acquire)) return false;
    job_(of_);
    state_.store(State::empty, std::memory_order_release);
    return true;
  }

  /// Takes back the job if nobody has begun it, which takes no time however deep the other thread sleeps;
  /// otherwise spins until it has returned. The job has been told to end.
  void withdraw() noexcept {
    State expected = State::posted;
    if (state_.compare_exchange_strong(expected, State::empty, std::memory_order_acquire)) return;
    SpinWait spin;
    while (state_.load(std::memory_order_acquire) == State::at_work) spin();
  }

  /// Spins until there is something to do, and then sleeps.
  /// @return false once the box is closed
  bool wait() noexcept {
    for (SpinWait spin; state_.load(std::memory_order_acquire) == State::empty;)
      if (spin.long_enough())
        state_.wait(State::empty, std::memory_order_acquire);
      else
        spin();
    return state_.load(std::memory_order_acquire) != State::closed;
  }

  /// @pre no job is posted or at work
  void close() noexcept {
    state_.store(State::closed, std::memory_order_release);
    state_.notify_one();
  }

 private:
  std::atomic<State> state_{State::empty};
  void (*job_)(void*) noexcept = nullptr;
  void* of_ = nullptr;
};

}  // namespace einet::detail

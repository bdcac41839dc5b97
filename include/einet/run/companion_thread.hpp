#pragma once
// A second core without a library of threads: one thread that runs a job at a time.

#include <einet/run/spin_wait.hpp>

#include <atomic>
#include <thread>
#include <utility>

namespace einet {

/// Models run_companion. The thread lives as long as this object. Between two jobs it first spins, so that a
/// run that follows at once finds it awake, and then sleeps: the first run after a pause waits for the system
/// to wake it, some 50 µs. While a job runs, no side sleeps.
class CompanionThread {
 public:
  /// @throws std::system_error if no thread can be started
  CompanionThread() : thread_([this] { work(); }) {}
  ~CompanionThread() {
    state_.store(State::ends, std::memory_order_release);
    state_.notify_one();
    thread_.join();
  }
  CompanionThread(const CompanionThread&) = delete;
  CompanionThread& operator=(const CompanionThread&) = delete;

  /// @pre no job is running
  void start(void (*job)(void*) noexcept, void* of) noexcept {
    job_ = job;
    of_ = of;
    state_.store(State::works, std::memory_order_release);
    state_.notify_one();  // a system call only if it sleeps
  }

  /// The job has been told to end, so that this takes as long as it takes to notice: it spins.
  void join() noexcept {
    SpinWait spin;
    while (state_.load(std::memory_order_acquire) == State::works) spin();
  }

 private:
  enum class State : int { idle, works, ends };

  void work() noexcept {
    for (;;) {
      State state = state_.load(std::memory_order_acquire);
      for (SpinWait spin; state == State::idle && !spin.long_enough();
           state = state_.load(std::memory_order_acquire))
        spin();
      if (state == State::idle) {
        state_.wait(State::idle, std::memory_order_acquire);
        continue;
      }
      if (state == State::ends) return;
      job_(of_);
      state_.store(State::idle, std::memory_order_release);
    }
  }

  std::atomic<State> state_{State::idle};
  void (*job_)(void*) noexcept = nullptr;
  void* of_ = nullptr;
  std::thread thread_;  // last: it uses what is above
};

}  // namespace einet

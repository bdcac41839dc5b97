#pragma once
// A second core out of oneTBB's threads, for programs that have these anyway.

#include <einet/run/spin_wait.hpp>

#include <atomic>

#include <tbb/task_arena.h>

namespace einet::parallel {

/// Models run_companion. The job is enqueued in an arena of its own: other than a spawned task, it is promised a
/// thread even if the caller never waits for it, and on a machine with one core. oneTBB allocates when a job is
/// started; if that fails, the program ends. CompanionThread needs neither.
class TbbCompanion {
 public:
  TbbCompanion() { arena_.initialize(); }
  TbbCompanion(const TbbCompanion&) = delete;
  TbbCompanion& operator=(const TbbCompanion&) = delete;
  ~TbbCompanion() { join(); }

  /// @pre no job is running
  void start(void (*job)(void*) noexcept, void* of) noexcept {
    works_.store(true, std::memory_order_relaxed);
    arena_.enqueue([this, job, of] {
      job(of);
      works_.store(false, std::memory_order_release);
    });
  }

  /// The job has been told to end: this spins until it has.
  void join() noexcept {
    SpinWait spin;
    while (works_.load(std::memory_order_acquire)) spin();
  }

 private:
  std::atomic<bool> works_{false};
  tbb::task_arena arena_{1, 0};
};

}  // namespace einet::parallel

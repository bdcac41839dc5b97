#pragma once
// A second core out of oneTBB's threads, for programs that have these anyway.

#include <einet/run/job_box.hpp>
#include <einet/run/spin_wait.hpp>

#include <atomic>
#include <cstddef>

#include <tbb/task_arena.h>

namespace einet::parallel {

/// Models run_companion. The job is enqueued in an arena of its own: other than a spawned task, it is
/// promised a thread even if the caller never waits for it, and on a machine with one core. oneTBB allocates
/// when a job is started; if that fails, no companion comes, and the run does without. CompanionThread needs
/// no memory.
class TbbCompanion {
 public:
  TbbCompanion() { arena_.initialize(); }
  TbbCompanion(const TbbCompanion&) = delete;
  TbbCompanion& operator=(const TbbCompanion&) = delete;
  /// @pre no job is running
  ~TbbCompanion() {
    SpinWait spin;  // for tasks whose jobs were taken back before they began
    while (tasks_.load(std::memory_order_acquire) > 0) spin();
  }

  /// @pre no job is running
  void start(void (*job)(void*) noexcept, void* of) noexcept {
    box_.post(job, of);
    tasks_.fetch_add(1, std::memory_order_relaxed);
    try {
      arena_.enqueue([this] {
        box_.work();
        tasks_.fetch_sub(1, std::memory_order_release);
      });
    } catch (...) {
      tasks_.fetch_sub(1, std::memory_order_relaxed);
    }
  }

  /// A job that has not begun is taken back; one that has is waited for.
  void join() noexcept { box_.withdraw(); }

 private:
  detail::JobBox box_;
  std::atomic<std::size_t> tasks_{0};
  tbb::task_arena arena_{1, 0};
};

}  // namespace einet::parallel

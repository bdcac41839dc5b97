#pragma once
// A second core without a library of threads: one thread that runs a job at a time.

#include <einet/run/job_box.hpp>

#include <thread>

namespace einet {

/// Models run_companion. The thread lives as long as this object. Between two jobs it spins for some 100 µs,
/// so that a run that follows at once finds it awake, and then sleeps; the system may take as long to wake
/// it. While a job runs, neither side sleeps.
class CompanionThread {
 public:
  /// @throws std::system_error if no thread can be started
  CompanionThread() : thread_([this] { work(); }) {}
  /// @pre no job is running
  ~CompanionThread() {
    box_.close();
    thread_.join();
  }
  CompanionThread(const CompanionThread&) = delete;
  CompanionThread& operator=(const CompanionThread&) = delete;

  /// @pre no job is running
  void start(void (*job)(void*) noexcept, void* of) noexcept { box_.post(job, of); }

  /// A job that has not begun is taken back; one that has is waited for.
  void join() noexcept { box_.withdraw(); }

 private:
  void work() noexcept {
    while (box_.wait()) box_.work();
  }

  detail::JobBox box_;
  std::thread thread_;  // last: it uses what is above
};

}  // namespace einet

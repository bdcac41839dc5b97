#pragma once
// The task of higher priority: a thread that takes the processor in bursts, and looks into the slot as each
// begins.

#include "common/network_files.hpp"

#include <einet/run/answer.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/slot.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sched.h>

namespace example::bursts {

using Slot = einet::LocalSlot<einet::Scores<classes>>;

/// Keeps this thread and those that it starts on the processor that they are on: whoever wants it must take
/// it from another. Returns whether that could be done.
inline bool stay_on_one_processor() noexcept {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
  return sched_setaffinity(0, sizeof one, &one) == 0;
}

/// Gives this thread real-time priority. Returns whether that is permitted.
inline bool take_priority() noexcept {
  const sched_param priority{sched_get_priority_min(SCHED_FIFO) + 10};
  return pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority) == 0;
}

/// Whether threads of this process get real-time priority.
inline bool may_preempt() {
  bool permitted = false;
  std::thread([&] { permitted = take_priority(); }).join();
  return permitted;
}

struct Rhythm {
  std::size_t bursts;
  double calm;   // seconds between two bursts, on average; exponential
  double burst;  // seconds of a burst, on average; from half to one and a half of it
  std::uint64_t seed;
};

class Baseband {
 public:
  using Found = einet::SlotSnapshot<einet::Scores<classes>>;

  /// @param slot must outlive it
  Baseband(const Slot& slot, const Rhythm& rhythm) : found_(rhythm.bursts) {
    thread_ = std::jthread([this, &slot, rhythm] { run(slot, rhythm); });
  }
  Baseband(const Baseband&) = delete;
  Baseband& operator=(const Baseband&) = delete;

  /// Waits for a calm in which nothing has run yet; nothing once all bursts are over.
  [[nodiscard]] std::optional<std::size_t> wait_for_calm() noexcept {
    calm_.wait(ran_in_);
    ran_in_ = calm_.load();
    return ran_in_ > found_.size() ? std::nullopt : std::optional(ran_in_);
  }
  /// Tells that a run has been done in this calm: the next one waits for another.
  void done_in_this_calm() noexcept { ran_in_ = (std::min)(calm_.load(), found_.size()); }
  /// Whether the burst has begun that ends a calm.
  [[nodiscard]] bool over(std::size_t calm) const noexcept {
    return ended_.load(std::memory_order_relaxed) >= calm;
  }

  /// What was in the slot as each burst began.
  [[nodiscard]] std::span<const Found> found() const noexcept { return found_; }

 private:
  void run(const Slot& slot, const Rhythm& rhythm) {
    take_priority();
    std::mt19937_64 random(rhythm.seed);
    std::exponential_distribution<double> calm(1 / rhythm.calm);
    std::uniform_real_distribution<double> burst(rhythm.burst / 2, 3 * rhythm.burst / 2);
    for (std::size_t k = 0; k < rhythm.bursts; ++k) {
      begin_calm(k + 1);
      std::this_thread::sleep_for(std::chrono::duration<double>(calm(random)));
      found_[k] = slot.snapshot();
      ended_.store(k + 1, std::memory_order_relaxed);
      const einet::Stopwatch elapsed;
      for (const double seconds = burst(random); elapsed() < seconds;) {
      }
    }
    begin_calm(rhythm.bursts + 1);
  }
  void begin_calm(std::size_t number) noexcept {
    calm_.store(number);
    calm_.notify_all();
  }

  std::vector<Found> found_;
  std::atomic<std::size_t> calm_{0}, ended_{0};  // counted from 1
  std::size_t ran_in_ = 0;                       // the network's thread only
  std::jthread thread_{};                        // last: it ends first
};

/// Stops a run as the burst begins that ends its calm.
struct BurstBegan {
  const Baseband* baseband;
  std::size_t calm;

  [[nodiscard]] bool stop_requested() const noexcept { return baseband->over(calm); }
};

}  // namespace example::bursts

#pragma once
// Waiting for another core that will be done in microseconds, when sleeping would take longer.

#include <cstddef>
#include <thread>

namespace einet {

/// One call for each look at what is waited for. Spins at first; later it offers the core to other threads
/// each time, in case the one that is waited for needs it. It never sleeps, so that whoever polls a stop
/// between two calls notices it within microseconds.
class SpinWait {
 public:
  void operator()() noexcept {
    ++spins_;
    if (spins_ > spins_before_yield)
      std::this_thread::yield();
    else
      pause();
  }

  /// Whether what is waited for may take much longer, so that it is time to sleep: after some 100 µs.
  [[nodiscard]] bool long_enough() const noexcept { return spins_ > spins_before_sleep; }

 private:
  static constexpr std::size_t spins_before_yield = 1000;
  static constexpr std::size_t spins_before_sleep = 1200;

  /// Tells the core that this is a loop that waits, so that it saves power and leaves the loop faster.
  static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  std::size_t spins_ = 0;
};

}  // namespace einet

#pragma once
// Keeps pthread_cancel from ending a thread in the middle of what must be completed. POSIX only.

#include <pthread.h>

namespace einet::detail {

/// While it lives this thread cannot be cancelled; a request that comes meanwhile waits. Without it a
/// cancellation point in a function that is noexcept ends the process.
class Uncancelled {
 public:
#if defined(__ANDROID__)  // knows no cancellation
  Uncancelled() noexcept {}
  ~Uncancelled() {}
#else
  Uncancelled() noexcept {
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_);
  }
  ~Uncancelled() {
    pthread_setcancelstate(before_, nullptr);
  }
#endif
  Uncancelled(const Uncancelled&) = delete;
  Uncancelled& operator=(const Uncancelled&) = delete;

 private:
  [[maybe_unused]] int before_ = 0;
};

}  // namespace einet::detail

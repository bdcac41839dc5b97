#pragma once
// Keeps pthread_cancel from ending a thread in the middle of work that must be completed. POSIX only.

#include <pthread.h>

namespace einet::detail {

/// During its lifetime this thread cannot be cancelled; requests wait. Without it, cancellation in a noexcept
/// function terminates the process.
class Uncancelled {
 public:
#if defined(__ANDROID__)  // has no cancellation
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

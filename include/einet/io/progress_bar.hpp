#pragma once
// A progress bar on the error stream; silent if that is not a terminal.

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>

#include <unistd.h>

namespace einet::io {

/// Shows the progress of work of known size about ten times a second, and clears its line at the end.
class ProgressBar {
 public:
  /// @param label what is being done
  explicit ProgressBar(std::string label)
      : label_(std::move(label)), shown_(isatty(STDERR_FILENO) != 0), start_(Clock::now()), next_(start_) {}
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar() {
    if (shown_) std::fputs("\r\033[K", stderr);
  }

  /// @param note appended to the line
  void update(std::size_t done, std::size_t all, const std::string& note = {}) {
    const auto now = Clock::now();
    if (!shown_ || now < next_ || all == 0) return;
    next_ = now + std::chrono::milliseconds(100);
    const double share = static_cast<double>(done) / static_cast<double>(all);
    const double seconds = std::chrono::duration<double>(now - start_).count();
    const double left = done > 0 ? seconds * (1 - share) / share : 0;
    const std::string filled(static_cast<std::size_t>(share * width), '#');
    std::fprintf(stderr, "\r\033[K%s [%-*s] %3.0f %%  %zu/%zu  %.0f s left  %s", label_.c_str(), width,
                 filled.c_str(), 100 * share, done, all, left, note.c_str());
    std::fflush(stderr);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr int width = 24;

  std::string label_;
  bool shown_;
  Clock::time_point start_;
  Clock::time_point next_;
};

}  // namespace einet::io

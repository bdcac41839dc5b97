#pragma once
// A progress bar on the error stream; silent if that is not a terminal.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>

#include <sys/ioctl.h>
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
    std::string bar(width, ' ');
    std::fill_n(bar.begin(), static_cast<std::size_t>(share * width), '#');
    std::array<char, 96> figures{};
    std::snprintf(figures.data(), figures.size(), "%3.0f %%  %zu/%zu  %s left", 100 * share, done, all,
                  duration(left).c_str());
    // What there is no room for is left out: a line that wraps would not be overwritten.
    const std::size_t room = columns();
    const std::string least = label_ + "  " + figures.data(),
                      line = label_ + " [" + bar + "] " + figures.data();
    std::string shown = line.size() <= room ? line : least;
    if (!note.empty() && shown.size() + 2 + note.size() <= room) shown += "  " + note;
    std::fprintf(stderr, "\r\033[K%s", shown.substr(0, room).c_str());
    std::fflush(stderr);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t width = 24;

  /// "48 s", "12 min", "3.5 h"
  static std::string duration(double seconds) {
    std::array<char, 32> text{};
    if (seconds < 100) {
      std::snprintf(text.data(), text.size(), "%.0f s", seconds);
    } else if (seconds < 6000) {
      std::snprintf(text.data(), text.size(), "%.0f min", seconds / 60);
    } else {
      std::snprintf(text.data(), text.size(), "%.1f h", seconds / 3600);
    }
    return text.data();
  }

  /// Characters that fit on a line without moving to the next.
  static std::size_t columns() noexcept {
    winsize size{};
    const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    return known ? size.ws_col - 1U : 79U;
  }

  std::string label_;
  bool shown_;
  Clock::time_point start_;
  Clock::time_point next_;
};

}  // namespace einet::io

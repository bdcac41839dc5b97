#pragma once
// How often kernels poll a stop: often enough that a stop need not wait, rarely enough that reading a clock
// costs next to nothing.

#include <einet/run/stop.hpp>

#include <cstddef>
#include <limits>

namespace einet::nn {

/// Work between two polls, in multiply-adds of a vectorised kernel: about 5 µs of a convolution, 25 µs of a
/// linear layer whose weights come from memory.
inline constexpr std::size_t poll_interval = std::size_t{1} << 20;
/// The work that reading a value counts as if it may come from memory.
inline constexpr std::size_t memory_work = 8;

/// A stop of any type, and the work that may be done before it is polled again; passed from kernel to kernel.
/// The stop must outlive it.
class PacedStop {
 public:
  /// Never asks.
  constexpr PacedStop() noexcept = default;

  template <pollable_stop Stop>
  explicit constexpr PacedStop(const Stop& stop) noexcept {
    if constexpr (!unstoppable<Stop>) {
      stop_ = &stop;
      requested_ = [](const void* polled) noexcept {
        return static_cast<const Stop*>(polled)->stop_requested();
      };
      left_ = poll_interval;
    }
  }

  /// To be called after `work` has been done; returns whether to leave.
  [[nodiscard]] bool after(std::size_t work) noexcept {
    if (work < left_) [[likely]] {
      left_ -= work;
      return false;
    }
    return now();
  }

  /// Polls at once; returns whether to leave.
  [[nodiscard]] bool now() noexcept {
    if (requested_ == nullptr) {
      left_ = (std::numeric_limits<std::size_t>::max)();
      return false;
    }
    left_ = poll_interval;
    return requested_(stop_);
  }

  /// Whether it can ever tell to leave.
  [[nodiscard]] constexpr bool possible() const noexcept { return requested_ != nullptr; }

 private:
  const void* stop_ = nullptr;
  bool (*requested_)(const void* stop) noexcept = nullptr;
  std::size_t left_ = (std::numeric_limits<std::size_t>::max)();
};

}  // namespace einet::nn

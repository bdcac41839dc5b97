#pragma once
// How often kernels poll a stop: often enough that a stop need not wait, rarely enough that reading a clock
// costs next to nothing.

#include <einet/run/stop.hpp>

#include <cstddef>

namespace einet::nn {

/// Work between two polls, in multiply-adds of a vectorised kernel: about 5 µs of a convolution, 25 µs of a
/// linear layer whose weights come from memory.
inline constexpr std::size_t poll_interval = std::size_t{1} << 20;
/// The work that reading a value counts as if it may come from memory.
inline constexpr std::size_t memory_work = 8;

/// A stop and the work that may be done before it is polled again, passed from kernel to kernel. The stop
/// must outlive it.
template <pollable_stop Stop>
class PacedStop {
 public:
  explicit constexpr PacedStop(const Stop& stop) noexcept : stop_(&stop) {}

  /// To be called after `work` has been done; returns whether to leave.
  [[nodiscard]] constexpr bool after(std::size_t work) noexcept {
    if (work < left_) {
      left_ -= work;
      return false;
    }
    return now();
  }

  /// Polls at once; returns whether to leave.
  [[nodiscard]] constexpr bool now() noexcept {
    left_ = poll_interval;
    return stop_->stop_requested();
  }

  [[nodiscard]] constexpr const Stop& signal() const noexcept { return *stop_; }

 private:
  const Stop* stop_;
  std::size_t left_ = poll_interval;
};

/// Never asks, and counts nothing.
template <unstoppable Stop>
class PacedStop<Stop> {
 public:
  constexpr PacedStop() noexcept = default;
  explicit constexpr PacedStop(const Stop&) noexcept {}
  [[nodiscard]] static constexpr bool after(std::size_t) noexcept { return false; }
  [[nodiscard]] static constexpr bool now() noexcept { return false; }
};

}  // namespace einet::nn

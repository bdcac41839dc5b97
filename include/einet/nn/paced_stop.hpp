#pragma once
// How kernels poll a stop signal: neither so rarely that a stop has to wait, nor so often that reading a
// clock would cost time.

#include <einet/run/stop.hpp>

#include <cstddef>

namespace einet::nn {

/// Work between two polls, in multiply-adds of a vectorised kernel: 5 µs or so of a convolution, 25 µs of a
/// linear layer whose weights come from memory.
inline constexpr std::size_t poll_interval = std::size_t{1} << 20;
/// What a value that may come from memory counts as.
inline constexpr std::size_t memory_work = 8;

/// A stop signal and the work that may be done before it is polled again, handed from kernel to kernel. The
/// signal must outlive it.
template <pollable_stop Stop>
class PacedStop {
 public:
  explicit constexpr PacedStop(const Stop& stop) noexcept : stop_(&stop) {}

  /// To be called when `work` has been done: whether to leave.
  [[nodiscard]] constexpr bool after(std::size_t work) noexcept {
    if (work < left_) {
      left_ -= work;
      return false;
    }
    return now();
  }

  /// Polls at once: whether to leave.
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

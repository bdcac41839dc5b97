#pragma once
// Stochastic gradient descent with momentum and gradient clipping (paper, VI-A).

#include <einet/base/aligned.hpp>
#include <einet/paper/executor.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace einet::detail {

/// Like PyTorch's `SGD` after `clip_grad_norm_`: velocity = momentum * velocity + slope, value -= rate *
/// velocity. Equal to the last bit with every executor.
template <task_executor Executor = Serial>
class ClippedSgd {
 public:
  /// @param count of the values to be trained, a multiple of 16
  /// @param clip_norm largest norm of the gradient, > 0; a larger one is scaled down to it
  ClippedSgd(std::size_t count, float momentum, float clip_norm, const Executor& run = {})
      : run_(run),
        momentum_(momentum),
        clip_norm_(clip_norm),
        velocity_(count),
        squares_((count + chunk - 1) / chunk),
        steps_(squares_.size()) {}

  /// @pre values and slopes have length `count`
  void step(std::span<float> values, std::span<const float> slopes, float rate) noexcept {
    run_(squares_.size(), [&](std::size_t c) { squares_[c] = sum_of_squares(slopes, c * chunk); });
    double square = 0;
    for (const double part : squares_) square += part;
    const double norm = std::sqrt(square);
    const float shrink = norm > clip_norm_ ? static_cast<float>(clip_norm_ / norm) : 1.f;
    ++taken_;
    run_(steps_.size(), [&](std::size_t c) {
      if (steps_[c] == taken_) return;  // executors may repeat a call
      steps_[c] = taken_;
      const std::size_t end = (std::min)((c + 1) * chunk, values.size());
      for (std::size_t i = c * chunk; i < end; ++i) {
        velocity_[i] = momentum_ * velocity_[i] + shrink * slopes[i];
        values[i] -= rate * velocity_[i];
      }
    });
  }

 private:
  static constexpr std::size_t chunk = 16384;  ///< values per piece of work

  /// Sums up one chunk, in an order that suits registers of any width.
  [[nodiscard]] static double sum_of_squares(std::span<const float> numbers, std::size_t begin) noexcept {
    const std::size_t end = (std::min)(begin + chunk, numbers.size());
    std::array<double, 16> sums{};
    for (std::size_t i = begin; i < end; i += sums.size())
      for (std::size_t u = 0; u < sums.size(); ++u)
        sums[u] += static_cast<double>(numbers[i + u]) * static_cast<double>(numbers[i + u]);
    double sum = 0;
    for (const double part : sums) sum += part;
    return sum;
  }

  Executor run_;
  float momentum_, clip_norm_;
  AlignedVector<float> velocity_;
  std::vector<double> squares_;       ///< sum of squares of each chunk's slopes
  std::vector<std::uint64_t> steps_;  ///< number of steps that each chunk has taken
  std::uint64_t taken_ = 0;
};

}  // namespace einet::detail

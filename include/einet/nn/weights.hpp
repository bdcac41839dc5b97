#pragma once
// One array of a layer: its shape, and its values from the moment that somebody asks for them, so that a
// network can be described, counted and compared with a file before it takes any memory.

#include <einet/base/aligned.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace einet::nn {

/// Weights, biases or statistics in PyTorch's order.
class Weights {
 public:
  Weights() = default;
  /// @param initial what every value is at first
  explicit Weights(std::vector<std::size_t> shape, float initial = 0.f)
      : shape_(std::move(shape)), initial_(initial) {
    size_ = shape_.empty() ? 0 : 1;
    for (const std::size_t length : shape_) size_ *= length;
  }

  [[nodiscard]] const std::vector<std::size_t>& shape() const noexcept { return shape_; }
  /// Number of values, whether they are in memory or not.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  /// [shape]; takes the memory if it was not taken yet, so not by two threads at once.
  [[nodiscard]] std::span<float> values() {
    if (values_.size() != size_) values_.assign(size_, initial_);
    return values_;
  }
  [[nodiscard]] std::span<const float> values() const {
    if (values_.size() != size_) values_.assign(size_, initial_);
    return values_;
  }

  /// Gives the memory back; all values are the initial one again.
  void release() noexcept { AlignedVector<float>().swap(values_); }

 private:
  std::vector<std::size_t> shape_;
  float initial_ = 0.f;
  std::size_t size_ = 0;
  mutable AlignedVector<float> values_;
};

}  // namespace einet::nn

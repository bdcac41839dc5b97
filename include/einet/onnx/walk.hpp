#pragma once
// Walks over the values of a tensor, row by row, wherever they lie in memory.

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace einet::nn::onnx_detail {

class Walk {
 public:
  /// @param strides for every dimension, from one value to the next in memory; 0 where one value serves all
  /// @param first place of the first value
  Walk(std::vector<std::size_t> lengths, std::vector<std::size_t> strides, std::size_t first = 0)
      : lengths_(std::move(lengths)), strides_(std::move(strides)), at_(lengths_.size(), 0), place_(first) {}

  /// Where the value lies.
  [[nodiscard]] std::size_t place() const noexcept { return place_; }

  /// Goes on to the next value, after the last one to the first.
  void next() noexcept {
    for (std::size_t d = lengths_.size(); d-- > 0;) {
      place_ += strides_[d];
      if (++at_[d] < lengths_[d]) return;
      place_ -= strides_[d] * lengths_[d];
      at_[d] = 0;
    }
  }

 private:
  std::vector<std::size_t> lengths_, strides_, at_;
  std::size_t place_;
};

/// Lengths, which are not negative, as sizes.
[[nodiscard]] inline std::vector<std::size_t> sizes(std::span<const std::int64_t> lengths) {
  return {lengths.begin(), lengths.end()};
}

/// The strides by which a tensor of these lengths serves a larger one of `rank` dimensions: 0 along those
/// where it has a single value.
[[nodiscard]] inline std::vector<std::size_t> broadcast_strides(std::span<const std::int64_t> lengths,
                                                                std::size_t rank) {
  std::vector<std::size_t> strides(rank, 0);
  std::size_t stride = 1;
  for (std::size_t k = lengths.size(); k-- > 0;) {
    const auto length = static_cast<std::size_t>(lengths[k]);
    if (length != 1) strides[rank - lengths.size() + k] = stride;
    stride *= length;
  }
  return strides;
}

}  // namespace einet::nn::onnx_detail

#pragma once
// What the reading of several operators shares: numbers within bounds, arrays of the right shape.

#include <einet/onnx/constant.hpp>
#include <einet/onnx/node.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace einet::nn::onnx_detail {

/// A number of pixels or channels that an attribute gives.
[[nodiscard]] inline std::size_t positive(const Node& node, const char* what, std::int64_t value,
                                          std::int64_t least) {
  if (value < least || value > (std::int64_t{1} << 24U))
    node.refuse(std::string(what) + " is " + std::to_string(value) + ", expected " + std::to_string(least) +
                " to 2^24");
  return static_cast<std::size_t>(value);
}

/// Refuses weights of another shape. @param what "weights", "a bias"
inline void expect_lengths(const Node& node, const char* what, const Constant& weights,
                           const Lengths& expected) {
  if (weights.lengths != expected)
    node.refuse(std::string("has ") + what + " of the shape " + text(weights.lengths) + ", expected " +
                text(expected));
}
[[nodiscard]] inline std::vector<float> real(const Constant& constant) {
  std::vector<float> all;
  all.reserve(constant.size());
  for (std::size_t k = 0; k < constant.size(); ++k) all.push_back(constant.number(k));
  return all;
}

}  // namespace einet::nn::onnx_detail

#pragma once
// The sizes of one two-dimensional convolution, and the check that they make sense.

#include <einet/nn/shape.hpp>

#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>

namespace einet::nn {

/// A convolution of one image: square kernel, the same stride and zero padding on both axes.
/// Canonical weights are [out_channels][in.channels][kernel][kernel], as PyTorch stores them.
struct ConvShape {
  Shape in;
  std::size_t out_channels = 1;
  std::size_t kernel = 3;
  std::size_t stride = 1;
  std::size_t padding = 1;

  /// Shape of the output map. Precondition: `validate` accepts the shape.
  [[nodiscard]] constexpr Shape out() const noexcept {
    return {(in.height + 2 * padding - kernel) / stride + 1, (in.width + 2 * padding - kernel) / stride + 1,
            out_channels};
  }
  /// Number of canonical weights.
  [[nodiscard]] constexpr std::size_t weights() const noexcept {
    return out_channels * in.channels * kernel * kernel;
  }
  /// Multiply-accumulates of one image, those on padding included.
  [[nodiscard]] constexpr std::size_t macs() const noexcept { return out().height * out().width * weights(); }

  friend constexpr bool operator==(const ConvShape&, const ConvShape&) = default;
};

namespace detail {

[[nodiscard]] inline std::size_t checked_product(std::size_t a, std::size_t b) {
  if (a != 0 && b > (std::numeric_limits<std::size_t>::max)() / 64 / a) {
    throw std::invalid_argument{"convolution shape: the number of values overflows"};
  }
  return a * b;
}

}  // namespace detail

/// Throws std::invalid_argument naming the field where a size is zero, the kernel is larger than the padded
/// input, or a buffer or the work would be too large to count.
inline void validate(const ConvShape& shape) {
  const auto positive = [](std::size_t value, const char* field) {
    if (value == 0) {
      throw std::invalid_argument{std::string{"convolution shape: "} + field + " must be positive, is 0"};
    }
  };
  positive(shape.in.height, "in.height");
  positive(shape.in.width, "in.width");
  positive(shape.in.channels, "in.channels");
  positive(shape.out_channels, "out_channels");
  positive(shape.kernel, "kernel");
  positive(shape.stride, "stride");
  constexpr std::size_t longest = std::size_t{1} << (std::numeric_limits<std::size_t>::digits / 2 - 2);
  const auto side = [&](std::size_t length, const char* field) {
    if (length > longest || shape.padding > longest || shape.kernel > longest || shape.stride > longest) {
      throw std::invalid_argument{std::string{"convolution shape: "} + field +
                                  ", padding, kernel or stride is too large"};
    }
    if (shape.kernel > length + 2 * shape.padding) {
      throw std::invalid_argument{"convolution shape: kernel " + std::to_string(shape.kernel) + " exceeds " +
                                  field + " " + std::to_string(length) + " with padding " +
                                  std::to_string(shape.padding)};
    }
    return length + 2 * shape.padding + shape.kernel;
  };
  const std::size_t height = side(shape.in.height, "in.height");
  const std::size_t width = side(shape.in.width, "in.width");
  const std::size_t padded = detail::checked_product(height, width);
  const std::size_t depth =
      detail::checked_product(detail::checked_product(shape.kernel, shape.kernel), shape.in.channels);
  const std::size_t weights = detail::checked_product(depth, shape.out_channels);
  static_cast<void>(detail::checked_product(padded, shape.in.channels));
  static_cast<void>(detail::checked_product(padded, weights));
}

}  // namespace einet::nn

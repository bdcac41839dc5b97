#pragma once
// The sizes of one two-dimensional convolution, and the check that they make sense.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/nn/shape.hpp>

#include <cstddef>
#include <limits>
#include <stdexcept>

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
  /// Multiply-accumulates per image, including those on padding.
  [[nodiscard]] constexpr std::size_t macs() const noexcept { return out().height * out().width * weights(); }

  friend constexpr bool operator==(const ConvShape&, const ConvShape&) = default;
};

namespace detail {

[[nodiscard]] inline std::size_t checked_product(std::size_t a, std::size_t b) {
  if (a != 0 && b > (std::numeric_limits<std::size_t>::max)() / 64 / a) {
    EINET_THROW(std::invalid_argument{"convolution shape: the number of values overflows"});
  }
  return a * b;
}

}  // namespace detail

/// Throws std::invalid_argument naming the field if a size is zero, the kernel is larger than the padded
/// input, or a buffer or the work would be too large to count.
inline void validate(const ConvShape& shape) {
  constexpr const char* what = "convolution shape";
  const auto positive = [](std::size_t value, const char* field) {
    einet::detail::expect(value > 0, what, field, value, "at least 1");
  };
  positive(shape.in.height, "in.height");
  positive(shape.in.width, "in.width");
  positive(shape.in.channels, "in.channels");
  positive(shape.out_channels, "out_channels");
  positive(shape.kernel, "kernel");
  positive(shape.stride, "stride");
  const auto countable = [](std::size_t value, const char* field) {
    einet::detail::expect(value <= detail::longest_side, what, field, value,
                          "at most " + einet::detail::number(detail::longest_side));
  };
  countable(shape.kernel, "kernel");
  countable(shape.stride, "stride");
  countable(shape.padding, "padding");
  const auto side = [&](std::size_t length, const char* field) {
    countable(length, field);
    const std::size_t padded = length + 2 * shape.padding;
    einet::detail::expect(
        shape.kernel <= padded, what, "kernel", shape.kernel,
        "at most the " + einet::detail::number(padded) + " of " + field + " with its padding");
    return padded + shape.kernel;
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

#pragma once
// The sizes of one two-dimensional convolution, and the check that they make sense.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/nn/shape.hpp>

#include <cstddef>
#include <limits>
#include <stdexcept>

namespace einet::nn {

/// A convolution of one image. Weights are [out_channels][in.channels / groups][kernel.height][kernel.width],
/// as PyTorch stores them.
struct ConvShape {
  Shape in;
  std::size_t out_channels = 1;
  Extent kernel = 3;
  Extent stride = 1;
  Padding padding = 1;
  Extent dilation = 1;     ///< distance of neighbouring taps
  std::size_t groups = 1;  ///< as many slices of the channels do not see one another

  /// Shape of the output map. Precondition: `validate` accepts the shape.
  [[nodiscard]] constexpr Shape out() const noexcept {
    return {(in.height + padding.top + padding.bottom - reach().height) / stride.height + 1,
            (in.width + padding.left + padding.right - reach().width) / stride.width + 1, out_channels};
  }
  /// Pixels from the first to the last tap.
  [[nodiscard]] constexpr Extent reach() const noexcept {
    return {(kernel.height - 1) * dilation.height + 1, (kernel.width - 1) * dilation.width + 1};
  }
  [[nodiscard]] constexpr std::size_t taps() const noexcept { return kernel.height * kernel.width; }
  /// Number of weights.
  [[nodiscard]] constexpr std::size_t weights() const noexcept {
    return out_channels * (in.channels / groups) * taps();
  }
  /// Multiply-adds per image, including those on padding.
  [[nodiscard]] constexpr std::size_t macs() const noexcept { return out().pixels() * weights(); }
  /// Whether every channel is convolved by itself, to one channel.
  [[nodiscard]] constexpr bool depthwise() const noexcept {
    return groups == in.channels && groups == out_channels && groups > 1;
  }

  friend constexpr bool operator==(const ConvShape&, const ConvShape&) = default;
};

namespace detail {

[[nodiscard]] inline std::size_t checked_product(std::size_t a, std::size_t b) {
  if (a != 0 && b > (std::numeric_limits<std::size_t>::max)() / 64 / a) {
    EINET_THROW(std::invalid_argument{"convolution: the number of values overflows"});
  }
  return a * b;
}

/// One axis of a window over an image; returns its padded length.
inline std::size_t checked_axis(const char* what, const char* axis, std::size_t length, std::size_t kernel,
                                std::size_t stride, std::size_t before, std::size_t after,
                                std::size_t dilation) {
  const auto field = [&](const char* name) { return std::string(name) + "." + axis; };
  const auto check = [&](std::size_t value, const std::string& name, std::size_t least) {
    at_least(what, name.c_str(), value, least);
    einet::detail::expect(value <= longest_side, what, name.c_str(), value,
                          "at most " + einet::detail::number(longest_side));
  };
  check(length, field("in"), 1);
  check(kernel, field("kernel"), 1);
  check(stride, field("stride"), 1);
  check(dilation, field("dilation"), 1);
  check(before, field("padding"), 0);
  check(after, field("padding"), 0);
  const std::size_t padded = length + before + after;
  const std::size_t reach = checked_product(kernel - 1, dilation) + 1;
  einet::detail::expect(
      reach <= padded, what, field("kernel").c_str(), kernel,
      "to reach no farther than the " + einet::detail::number(padded) + " pixels of the padded input");
  return padded + reach;
}

}  // namespace detail

/// Throws std::invalid_argument naming the field if a size is zero, the channels do not fall into the groups,
/// the kernel is larger than the padded input, or a buffer or the work would be too large to count.
inline void validate(const ConvShape& shape) {
  constexpr const char* what = "convolution";
  detail::at_least(what, "in.channels", shape.in.channels);
  detail::at_least(what, "channels", shape.out_channels);
  detail::at_least(what, "groups", shape.groups);
  const auto divided = [&](std::size_t channels, const char* field) {
    einet::detail::expect(channels % shape.groups == 0, what, field, channels,
                          "a multiple of its " + einet::detail::number(shape.groups) + " groups");
  };
  divided(shape.in.channels, "in.channels");
  divided(shape.out_channels, "channels");
  const std::size_t height =
      detail::checked_axis(what, "height", shape.in.height, shape.kernel.height, shape.stride.height,
                           shape.padding.top, shape.padding.bottom, shape.dilation.height);
  const std::size_t width =
      detail::checked_axis(what, "width", shape.in.width, shape.kernel.width, shape.stride.width,
                           shape.padding.left, shape.padding.right, shape.dilation.width);
  const std::size_t padded = detail::checked_product(height, width);
  const std::size_t depth = detail::checked_product(
      detail::checked_product(shape.kernel.height, shape.kernel.width), shape.in.channels);
  const std::size_t weights = detail::checked_product(depth, shape.out_channels);
  static_cast<void>(detail::checked_product(padded, shape.in.channels));
  static_cast<void>(detail::checked_product(padded, weights));
}

}  // namespace einet::nn

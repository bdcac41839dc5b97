#pragma once
// The shape of one image or feature map; channels are innermost in memory.

#include <cstddef>
#include <limits>

namespace einet::nn {

/// One image or feature map, stored [height][width][channels].
struct Shape {
  std::size_t height = 1;
  std::size_t width = 1;
  std::size_t channels = 1;

  /// Number of values.
  [[nodiscard]] constexpr std::size_t size() const noexcept { return height * width * channels; }

  friend constexpr bool operator==(const Shape&, const Shape&) = default;
};

namespace detail {

/// The longest side, kernel, stride or padding: the product of two of their sums still fits in a size.
inline constexpr std::size_t longest_side = std::size_t{1}
                                            << (std::numeric_limits<std::size_t>::digits / 2 - 2);

}  // namespace detail

}  // namespace einet::nn

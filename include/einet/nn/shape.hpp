#pragma once
// Sizes of images and feature maps, and of windows over them.

#include <einet/base/expect.hpp>

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace einet::nn {

/// One image or feature map, stored [height][width][channels]: channels are innermost in memory.
struct Shape {
  std::size_t height = 1;
  std::size_t width = 1;
  std::size_t channels = 1;

  /// Number of values.
  [[nodiscard]] constexpr std::size_t size() const noexcept { return height * width * channels; }
  [[nodiscard]] constexpr std::size_t pixels() const noexcept { return height * width; }

  friend constexpr bool operator==(const Shape&, const Shape&) = default;
};

/// A size in both directions; a single number stands for both.
struct Extent {
  std::size_t height = 1;
  std::size_t width = 1;

  constexpr Extent() = default;
  constexpr Extent(std::size_t both) noexcept : height(both), width(both) {}  // NOLINT: 3 means 3 x 3
  constexpr Extent(std::size_t h, std::size_t w) noexcept : height(h), width(w) {}

  friend constexpr bool operator==(const Extent&, const Extent&) = default;
};

/// Rows and columns added around an image; one number stands for all sides, two for rows and columns.
struct Padding {
  std::size_t top = 0, bottom = 0, left = 0, right = 0;

  constexpr Padding() = default;
  constexpr Padding(std::size_t all) noexcept  // NOLINT: 1 means 1 on all sides
      : top(all), bottom(all), left(all), right(all) {}
  constexpr Padding(std::size_t rows, std::size_t columns) noexcept
      : top(rows), bottom(rows), left(columns), right(columns) {}
  constexpr Padding(std::size_t t, std::size_t b, std::size_t l, std::size_t r) noexcept
      : top(t), bottom(b), left(l), right(r) {}

  friend constexpr bool operator==(const Padding&, const Padding&) = default;
};

namespace detail {

/// The longest side, kernel, stride or padding: the product of two of their sums still fits in a size.
inline constexpr std::size_t longest_side = std::size_t{1}
                                            << (std::numeric_limits<std::size_t>::digits / 2 - 2);

/// Throws std::invalid_argument naming the field unless a size is at least `least`.
inline void at_least(std::string_view what, const einet::detail::Field& field, std::size_t size,
                     std::size_t least = 1) {
  if (size < least) [[unlikely]]
    einet::detail::refuse(what, field, einet::detail::number(size),
                          "at least " + einet::detail::number(least));
}

[[nodiscard]] inline std::string text(Shape shape) {
  return std::to_string(shape.height) + "x" + std::to_string(shape.width) + "x" +
         std::to_string(shape.channels);
}

}  // namespace detail

}  // namespace einet::nn

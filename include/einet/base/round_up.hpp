#pragma once
// Rounds a count up to a multiple.

#include <cstddef>

namespace einet::detail {

/// The least multiple of `step` that is >= `count`.
/// @pre step > 0, and the result fits in a std::size_t
[[nodiscard]] constexpr std::size_t round_up(std::size_t count, std::size_t step) noexcept {
  return (count + step - 1) / step * step;
}

}  // namespace einet::detail

#pragma once
// The matrix product that training the CS-Predictor spends its time in.

#include <einet/base/aligned.hpp>
#include <einet/base/simd.hpp>

#include <cstddef>

namespace einet::detail {

/// c = a * b + start, where `start` is one row added to every row of the product (null: none).
/// The element (r, k) of `a` is a[r * a_row + k * a_depth], so that `a` may be read transposed.
/// @param b [depth][columns]
/// @param c [rows][columns]
/// @pre rows is a multiple of 4, columns one of `row_padding`
template <class Arch>
inline void multiply(std::size_t rows, std::size_t columns, std::size_t depth, const float* a,
                     std::size_t a_row, std::size_t a_depth, const float* b, const float* start,
                     float* c) noexcept {
  using Lanes = xsimd::batch<float, Arch>;
  constexpr std::size_t step = Lanes::size;
  static_assert(row_padding % step == 0);
  constexpr std::size_t wide = 2 * step <= row_padding ? 2 : 1;
  for (std::size_t j = 0; j < columns; j += wide * step) {
    Lanes first[wide];
    for (std::size_t v = 0; v < wide; ++v)
      first[v] = start == nullptr ? Lanes(0.f) : Lanes::load_unaligned(start + j + v * step);
    for (std::size_t r = 0; r < rows; r += 4) {
      Lanes sum[4][wide];
      for (auto& row : sum)
        for (std::size_t v = 0; v < wide; ++v) row[v] = first[v];
      for (std::size_t k = 0; k < depth; ++k) {
        const float* left = a + r * a_row + k * a_depth;
        Lanes right[wide];
        for (std::size_t v = 0; v < wide; ++v)
          right[v] = Lanes::load_unaligned(b + k * columns + j + v * step);
        for (std::size_t u = 0; u < 4; ++u) {
          const Lanes factor(left[u * a_row]);
          for (std::size_t v = 0; v < wide; ++v) sum[u][v] = xsimd::fma(factor, right[v], sum[u][v]);
        }
      }
      for (std::size_t u = 0; u < 4; ++u)
        for (std::size_t v = 0; v < wide; ++v)
          sum[u][v].store_unaligned(c + (r + u) * columns + j + v * step);
    }
  }
}

}  // namespace einet::detail

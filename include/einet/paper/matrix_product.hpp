#pragma once
// The matrix product on which training the CS-Predictor spends its time, and one layout for all of its
// matrices: panels of 32 columns. Nothing has to be packed, and the distance between rows is not a large
// power of two.

#include <einet/base/aligned.hpp>
#include <einet/base/assert.hpp>
#include <einet/base/lanes.hpp>

#include <algorithm>
#include <cstddef>

namespace einet::detail {

/// Columns of a panel. Column c of row r of a matrix is at
/// `(c / panel_width * rows + r) * panel_width + c % panel_width`, so that a panel is contiguous.
inline constexpr std::size_t panel_width = 32;

/// Rows of a product are computed in multiples of this.
inline constexpr std::size_t row_block = 8;

/// `Rows` rows by two registers of a product, summed in registers in the order of depth, so that every
/// element is the same sum however the work is split.
/// @tparam Transposed whether `a` is read [depth][rows]
/// @param a the first element of the first row; the next panel is `next` floats further
template <class Arch, std::size_t Rows, bool Transposed>
inline void multiply_tile(std::size_t depth, const float* a, std::size_t next, const float* b,
                          const float* start, float* c) noexcept {
  using Lanes = simd::Lanes<float, Arch>;
  constexpr std::size_t step = Lanes::size, wide = 2;
  Lanes sum[Rows][wide];
  for (std::size_t v = 0; v < wide; ++v) {
    const Lanes first = start == nullptr ? Lanes(0.f) : Lanes::load_aligned(start + v * step);
    for (std::size_t u = 0; u < Rows; ++u) sum[u][v] = first;
  }
  const auto add = [&](const float* left, const float* right, std::size_t count) {
    for (std::size_t k = 0; k < count; ++k) {
      Lanes row[wide];
      for (std::size_t v = 0; v < wide; ++v) row[v] = Lanes::load_aligned(right + v * step);
      for (std::size_t u = 0; u < Rows; ++u) {
        const Lanes factor(left[Transposed ? u : u * panel_width]);
        for (std::size_t v = 0; v < wide; ++v) sum[u][v] = simd::fma(factor, row[v], sum[u][v]);
      }
      left += Transposed ? panel_width : 1;
      right += panel_width;
    }
  };
  if constexpr (Transposed) {
    add(a, b, depth);
  } else {
    for (std::size_t k = 0; k < depth; k += panel_width, a += next)
      add(a, b + k * panel_width, (std::min)(panel_width, depth - k));
  }
  for (std::size_t u = 0; u < Rows; ++u)
    for (std::size_t v = 0; v < wide; ++v) sum[u][v].store_aligned(c + u * panel_width + v * step);
}

/// Computes rows `first` … `last` − 1 of one panel of c = a b + start.
/// @tparam Transposed whether a is read [depth][columns] instead, its columns being c's rows
/// @param a_rows number of rows with which `a` is stored
/// @param b the same panel of the right matrix, [depth][panel_width]
/// @param start a row that is added to every row of the panel; null: none
/// @param c the panel of the result
/// @pre all are aligned to `buffer_alignment`; first and last are multiples of `row_block`
template <class Arch, bool Transposed = false>
inline void multiply(std::size_t first, std::size_t last, std::size_t depth, const float* a,
                     std::size_t a_rows, const float* b, const float* start, float* c) noexcept {
  constexpr std::size_t step = simd::Lanes<float, Arch>::size;
  // Two registers per row: 16 of 32 registers hold sums, or 8 of 16.
  constexpr std::size_t tile = step >= 16 ? 8 : 4;
  static_assert(panel_width % (2 * step) == 0 && row_block % tile == 0);
  const std::size_t next = a_rows * panel_width;
  for (std::size_t r = first; r < last; r += tile) {
    const float* left = a + (Transposed ? r / panel_width * next + r % panel_width : r * panel_width);
    for (std::size_t j = 0; j < panel_width; j += 2 * step)
      multiply_tile<Arch, tile, Transposed>(depth, left, next, b + j, start == nullptr ? nullptr : start + j,
                                            c + r * panel_width + j);
  }
}

/// Makes one panel of the transposed matrix.
/// @param columns of the transposed panel, a multiple of panel_width
/// @param from the row of the matrix that becomes the panel's first column
/// @param rows number of rows with which the matrix is stored
inline void transpose_panel(std::size_t columns, const float* from, std::size_t rows, float* to) noexcept {
  EINET_ASSERT(columns % panel_width == 0);
  // Reads are in order: the destination is in the nearest cache, the source is not.
  for (std::size_t q = 0; q < columns; q += panel_width, from += rows * panel_width)
    for (std::size_t i = 0; i < panel_width; ++i)
      for (std::size_t k = 0; k < panel_width; ++k) to[(q + k) * panel_width + i] = from[i * panel_width + k];
}

}  // namespace einet::detail

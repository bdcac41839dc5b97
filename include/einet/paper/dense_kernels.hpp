#pragma once
// The vector loops by which the CS-Predictor predicts, over weights in any format. They are bound by memory
// bandwidth: an input adds one contiguous column, and a zero input costs nothing.

#include <einet/base/lanes.hpp>
#include <einet/paper/packed_rows.hpp>

#include <cstddef>
#include <cstdint>

namespace einet::detail {

/// A column of a weight matrix, and its factor.
struct ScaledColumn {
  std::uint32_t index;
  float scale;
};

/// Prefetches the cache line of `address` into the first-level cache, or else the second-level one.
template <bool First>
inline void prefetch(const void* address) noexcept {
#if defined(__GNUC__)
  __builtin_prefetch(address, 0, First ? 3 : 2);
#else
  static_cast<void>(address);
#endif
}

/// Whether the weights of a hidden layer exceed a second-level cache. If so, they are prefetched, as no
/// hardware foresees the next columns. Smaller ones would only become slower.
template <class Format, std::size_t Length>
inline constexpr bool far_away = PackedRows<Format, Length>::pitch * 4 * Length > std::size_t{1} << 20;

/// Prefetches a line that will be read some lines after the one at `at`, of this column or the next. Far
/// ahead, into the second level, is best for weights that come from memory: fp32 and int8 can afford it, as
/// fp32 waits for a third-level cache and int8 for its arithmetic. bf16 waits for the first level, where only
/// few lines fit: columns one page long share eight places there.
template <class Format, std::size_t Length>
inline void prefetch_ahead(const typename Format::Word* column, const typename Format::Word* next,
                           std::size_t at) noexcept {
  constexpr bool soon = Format::per_word == 2;
  constexpr std::size_t pitch = PackedRows<Format, Length>::pitch;
  constexpr std::size_t wanted = (soon ? 4 : 32) * group_words, ahead = wanted < pitch ? wanted : pitch;
  prefetch<soon>(at + ahead < pitch ? column + at + ahead : next + (at + ahead - pitch));
}

/// out += sum over `Count` columns of scale * column.
/// @param next the `Count` columns that will be added after these
template <std::size_t Count, class Arch, class Format, std::size_t Length>
inline void add_columns_together(float* out, const PackedRows<Format, Length>& columns,
                                 const ScaledColumn* list, const ScaledColumn* next) noexcept {
  using Lanes = simd::Lanes<float, Arch>;
  using Columns = PackedRows<Format, Length>;
  constexpr std::size_t parts = Format::per_word;
  const typename Format::Word* words[Count];
  [[maybe_unused]] const typename Format::Word* following[Count];
  Lanes scales[Count];
#pragma GCC unroll 4
  for (std::size_t u = 0; u < Count; ++u) {
    words[u] = columns.row(list[u].index);
    following[u] = columns.row(next[u].index);
    scales[u] = Lanes(list[u].scale * columns.scale(list[u].index));
  }
  for (std::size_t at = 0; at < Columns::pitch; at += group_words) {
    if constexpr (far_away<Format, Length>) {
#pragma GCC unroll 4
      for (std::size_t u = 0; u < Count; ++u) prefetch_ahead<Format, Length>(words[u], following[u], at);
    }
    for (std::size_t word = at; word < at + group_words; word += Lanes::size) {
      float* place = out + at * parts + (word - at);
      Lanes sums[parts];
#pragma GCC unroll 4
      for (std::size_t v = 0; v < parts; ++v) sums[v] = Lanes::load_aligned(place + v * group_words);
#pragma GCC unroll 4
      for (std::size_t u = 0; u < Count; ++u) {
        Lanes weights[parts];
        Format::template load<Arch>(words[u] + word, weights);
#pragma GCC unroll 4
        for (std::size_t v = 0; v < parts; ++v) sums[v] = simd::fma(scales[u], weights[v], sums[v]);
      }
#pragma GCC unroll 4
      for (std::size_t v = 0; v < parts; ++v) sums[v].store_aligned(place + v * group_words);
    }
  }
}

/// out += sum over `count` entries of `list` of scale * column.
/// @param out [padded_length], aligned
template <class Arch, class Format, std::size_t Length>
inline void add_columns(float* out, const PackedRows<Format, Length>& columns, const ScaledColumn* list,
                        std::size_t count) noexcept {
  // Several columns at a time, so that the sums are loaded and stored only once.
  constexpr std::size_t together = 4;
  const std::size_t whole = count / together * together;
  for (std::size_t c = 0; c < whole; c += together)
    add_columns_together<together, Arch>(out, columns, list + c,
                                         list + (c + together < whole ? c + together : c));
  for (std::size_t c = whole; c < count; ++c) add_columns_together<1, Arch>(out, columns, list + c, list + c);
}

/// out[u] = rows[first + u] . x for `Count` rows at once.
template <std::size_t Count, class Arch, class Format, std::size_t Length>
inline void multiply_rows_together(float* out, const PackedRows<Format, Length>& rows, std::size_t first,
                                   const float* x) noexcept {
  using Lanes = simd::Lanes<float, Arch>;
  using Rows = PackedRows<Format, Length>;
  constexpr std::size_t parts = Format::per_word;
  const typename Format::Word* words[Count];
  Lanes sums[Count][parts];
#pragma GCC unroll 4
  for (std::size_t u = 0; u < Count; ++u) {
    words[u] = rows.row(first + u);
    for (Lanes& sum : sums[u]) sum = Lanes(0.f);
  }
  for (std::size_t at = 0; at < Rows::pitch; at += group_words)
    for (std::size_t word = at; word < at + group_words; word += Lanes::size) {
      const float* place = x + at * parts + (word - at);
#pragma GCC unroll 4
      for (std::size_t u = 0; u < Count; ++u) {
        Lanes weights[parts];
        Format::template load<Arch>(words[u] + word, weights);
#pragma GCC unroll 4
        for (std::size_t v = 0; v < parts; ++v)
          sums[u][v] = simd::fma(weights[v], Lanes::load_aligned(place + v * group_words), sums[u][v]);
      }
    }
#pragma GCC unroll 4
  for (std::size_t u = 0; u < Count; ++u) {
#pragma GCC unroll 4
    for (std::size_t v = 1; v < parts; ++v) sums[u][0] = sums[u][0] + sums[u][v];
    out[u] = simd::sum(sums[u][0]) * rows.scale(first + u);
  }
}

/// out[r] = rows[r] . x for first <= r < last.
/// @param x [padded_length], aligned, padded with zeros
template <class Arch, class Format, std::size_t Length>
inline void multiply_rows(float* out, const PackedRows<Format, Length>& rows, std::size_t first,
                          std::size_t last, const float* x) noexcept {
  // Several rows share the loads of x and hide the latency of each other's sums.
  constexpr std::size_t together = Format::per_word == 4 ? 2 : 4;
  const std::size_t whole = first + (last - first) / together * together;
  for (std::size_t r = first; r < whole; r += together)
    multiply_rows_together<together, Arch>(out + r, rows, r, x);
  for (std::size_t r = whole; r < last; ++r) multiply_rows_together<1, Arch>(out + r, rows, r, x);
}

}  // namespace einet::detail

#pragma once
// Adds columns of 8-bit weights, each times an integer activation. Widened to floats, 64 weights take thirty
// instructions of 256 bits; multiplied in place, in pairs of 16-bit numbers, eight to twelve.

#include <einet/base/lanes.hpp>
#include <einet/paper/dense_kernels.hpp>
#include <einet/paper/packed_rows.hpp>
#include <einet/paper/weight_format.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace einet::detail {

/// A column of a weight matrix, and its integer factor.
struct CountedColumn {
  std::uint32_t index;
  std::int32_t count;  ///< -32767 to 32767
};

/// Whether `Arch` has products of pairs; if not, floats are used.
template <class Arch>
inline constexpr bool multiplies_pairs =
    std::is_base_of_v<xsimd::sse2, Arch> || std::is_base_of_v<xsimd::avx2, Arch> ||
    std::is_base_of_v<xsimd::avx512bw, Arch>;

#ifdef __SSE2__
/// Operations on registers of 16-bit numbers; shuffles stay within each 128 bits.
template <class Arch>
struct Pairs {
  using Words = simd::Lanes<std::int32_t, Arch>;
  using Lanes = simd::Lanes<float, Arch>;

  /// a0 b0 a1 b1 a2 b2 a3 b3
  [[nodiscard]] static Words lower(const Words& a, const Words& b) noexcept {
#ifdef __AVX512BW__
    if constexpr (Lanes::size == 16) return _mm512_unpacklo_epi16(a, b);
#endif
#ifdef __AVX2__
    if constexpr (Lanes::size == 8) return _mm256_unpacklo_epi16(a, b);
#endif
    if constexpr (Lanes::size == 4) return _mm_unpacklo_epi16(a, b);
  }
  /// a4 b4 a5 b5 a6 b6 a7 b7
  [[nodiscard]] static Words upper(const Words& a, const Words& b) noexcept {
#ifdef __AVX512BW__
    if constexpr (Lanes::size == 16) return _mm512_unpackhi_epi16(a, b);
#endif
#ifdef __AVX2__
    if constexpr (Lanes::size == 8) return _mm256_unpackhi_epi16(a, b);
#endif
    if constexpr (Lanes::size == 4) return _mm_unpackhi_epi16(a, b);
  }
  /// Every number divided by 256, rounded down.
  [[nodiscard]] static Words upper_bytes(const Words& a) noexcept {
#ifdef __AVX512BW__
    if constexpr (Lanes::size == 16) return _mm512_srai_epi16(a, 8);
#endif
#ifdef __AVX2__
    if constexpr (Lanes::size == 8) return _mm256_srai_epi16(a, 8);
#endif
    if constexpr (Lanes::size == 4) return _mm_srai_epi16(a, 8);
  }
  /// sum + a0 b0 + a1 b1 in each lane, modulo 2^32.
  [[nodiscard]] static Words add_products(const Words& sum, const Words& a, const Words& b) noexcept {
#ifdef __AVX512VNNI__
    if constexpr (simd::has_dot_products<Arch>) return _mm512_dpwssd_epi32(sum, a, b);
#endif
#ifdef __AVX512BW__
    if constexpr (Lanes::size == 16) return sum + Words(_mm512_madd_epi16(a, b));
#endif
#ifdef __AVX2__
    if constexpr (Lanes::size == 8) return sum + Words(_mm256_madd_epi16(a, b));
#endif
    if constexpr (Lanes::size == 4) return sum + Words(_mm_madd_epi16(a, b));
  }
  /// a0 a2 b0 b2
  [[nodiscard]] static Lanes even(const Lanes& a, const Lanes& b) noexcept {
    return picked<0x88>(a, b);
  }
  /// a1 a3 b1 b3
  [[nodiscard]] static Lanes odd(const Lanes& a, const Lanes& b) noexcept {
    return picked<0xdd>(a, b);
  }

 private:
  template <int Which>
  [[nodiscard]] static Lanes picked(const Lanes& a, const Lanes& b) noexcept {
#ifdef __AVX512BW__
    if constexpr (Lanes::size == 16) return _mm512_shuffle_ps(a, b, Which);
#endif
#ifdef __AVX2__
    if constexpr (Lanes::size == 8) return _mm256_shuffle_ps(a, b, Which);
#endif
    if constexpr (Lanes::size == 4) return _mm_shuffle_ps(a, b, Which);
  }
};

/// Adds `Count` columns, each times its count, to the sums. A word holds four numbers of 8 bits, two in each
/// 16-bit half. Every register of words has four registers of sums: the first two add up the halves as they
/// are, the last two only the upper number of each half.
/// @param next the `Count` columns that will be added after these, for prefetching
template <std::size_t Count, class Arch, std::size_t Length>
inline void add_counts_together(std::int32_t* sums, const PackedRows<Int8, Length>& columns,
                                const CountedColumn* list, const CountedColumn* next) noexcept {
  using Words = simd::Lanes<std::int32_t, Arch>;
  using Columns = PackedRows<Int8, Length>;
  const std::int32_t* words[Count];
  [[maybe_unused]] const std::int32_t* following[Count];
  Words counts[Count / 2];
#pragma GCC unroll 8
  for (std::size_t u = 0; u < Count; ++u) {
    words[u] = columns.row(list[u].index);
    following[u] = columns.row(next[u].index);
  }
#pragma GCC unroll 4
  for (std::size_t u = 0; u < Count / 2; ++u)
    counts[u] = Words(static_cast<std::int32_t>((static_cast<std::uint32_t>(list[2 * u].count) & 0xffffu) |
                                                static_cast<std::uint32_t>(list[2 * u + 1].count) << 16));
  for (std::size_t at = 0; at < Columns::pitch; at += group_words) {
    if constexpr (far_away<Int8, Length>) {
#pragma GCC unroll 8
      for (std::size_t u = 0; u < Count; ++u) prefetch_ahead<Int8, Length>(words[u], following[u], at);
    }
#pragma GCC unroll 4
    for (std::size_t word = at; word < at + group_words; word += Words::size) {
      std::int32_t* place = sums + 4 * word;
      Words part[4];
#pragma GCC unroll 4
      for (std::size_t v = 0; v < 4; ++v) part[v] = Words::load_aligned(place + v * Words::size);
#pragma GCC unroll 4
      for (std::size_t u = 0; u < Count / 2; ++u) {
        const Words a = simd::loaded_once(Words::load_aligned(words[2 * u] + word));
        const Words b = simd::loaded_once(Words::load_aligned(words[2 * u + 1] + word));
        const Words lower = Pairs<Arch>::lower(a, b), upper = Pairs<Arch>::upper(a, b);
        part[0] = Pairs<Arch>::add_products(part[0], lower, counts[u]);
        part[1] = Pairs<Arch>::add_products(part[1], upper, counts[u]);
        part[2] = Pairs<Arch>::add_products(part[2], Pairs<Arch>::upper_bytes(lower), counts[u]);
        part[3] = Pairs<Arch>::add_products(part[3], Pairs<Arch>::upper_bytes(upper), counts[u]);
      }
#pragma GCC unroll 4
      for (std::size_t v = 0; v < 4; ++v) part[v].store_aligned(place + v * Words::size);
    }
  }
}

/// out += step * sum over `count` entries of `list` of count * column, for at most 512 of them: with more,
/// sums could reach 2^31.
template <class Arch, std::size_t Length>
inline void add_few_counts(float* out, const PackedRows<Int8, Length>& columns, const CountedColumn* list,
                           std::size_t count, float step) noexcept {
  using Words = simd::Lanes<std::int32_t, Arch>;
  using Lanes = simd::Lanes<float, Arch>;
  alignas(buffer_alignment) std::int32_t sums[PackedRows<Int8, Length>::padded_length];
  for (std::int32_t& sum : sums) sum = 0;
  constexpr std::size_t together = 8;
  const std::size_t whole = count / together * together;
  for (std::size_t c = 0; c < whole; c += together)
    add_counts_together<together, Arch>(sums, columns, list + c,
                                        list + (c + together < whole ? c + together : c));
  for (std::size_t c = whole; c < count; c += 2) {
    const CountedColumn two[2] = {list[c], c + 1 < count ? list[c + 1] : CountedColumn{list[c].index, 0}};
    add_counts_together<2, Arch>(sums, columns, two, two);
  }
  std::int32_t counted = 0;
  for (std::size_t c = 0; c < count; ++c) counted += list[c].count;

  // The offset of 128 with which the lower numbers are stored.
  const Words surplus(static_cast<std::int32_t>(static_cast<std::uint32_t>(counted) << 7));
  const Lanes worth(step);
  const auto add = [&](float* place, const Lanes& sum) {
    simd::fma(worth, sum, Lanes::load_aligned(place)).store_aligned(place);
  };
  for (std::size_t word = 0; word < PackedRows<Int8, Length>::pitch; word += Words::size) {
    Words part[4];
    for (std::size_t v = 0; v < 4; ++v) part[v] = Words::load_aligned(sums + 4 * word + v * Words::size);
    Lanes lanes[4];
    for (std::size_t v = 0; v < 2; ++v) {
      lanes[v] = simd::to_float(part[v] - (part[v + 2] << 8) - surplus);
      lanes[v + 2] = simd::to_float(part[v + 2]);
    }
    float* place = out + word / group_words * group<Int8> + word % group_words;
    add(place, Pairs<Arch>::even(lanes[0], lanes[1]));
    add(place + group_words, Pairs<Arch>::even(lanes[2], lanes[3]));
    add(place + 2 * group_words, Pairs<Arch>::odd(lanes[0], lanes[1]));
    add(place + 3 * group_words, Pairs<Arch>::odd(lanes[2], lanes[3]));
  }
}
#endif

/// out += step * sum over `count` entries of `list` of count * column, ignoring the scales of columns.
/// @param out [padded_length], aligned
template <class Arch, std::size_t Length>
inline void add_counted_columns(float* out, const PackedRows<Int8, Length>& columns,
                                const CountedColumn* list, std::size_t count, float step) noexcept {
#ifdef __SSE2__
  if constexpr (multiplies_pairs<Arch>) {
    constexpr std::size_t few = 512;
    for (std::size_t c = 0; c < count; c += few)
      add_few_counts<Arch>(out, columns, list + c, count - c < few ? count - c : few, step);
    return;
  }
#endif
  for (std::size_t c = 0; c < count; ++c) {
    const float scale = columns.scale(list[c].index) * Int8::unit;
    const ScaledColumn column{list[c].index,
                              scale > 0 ? step * static_cast<float>(list[c].count) / scale : 0.f};
    add_columns<Arch>(out, columns, &column, 1);
  }
}

}  // namespace einet::detail

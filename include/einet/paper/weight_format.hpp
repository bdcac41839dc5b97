#pragma once
// The formats in which the weights of a CS-Predictor are stored: the fewer bytes, the faster they are read.
// They are widened in registers.

#include <einet/paper/lanes.hpp>

#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

namespace einet {

namespace simd {

/// `lanes` in a register, so that the compiler does not load them again for each use.
template <class T>
[[nodiscard]] inline One<T> loaded_once(One<T> lanes) noexcept {
  return lanes;
}
#ifndef XSIMD_NO_SUPPORTED_ARCHITECTURE
template <class T, class Arch>
[[nodiscard]] inline xsimd::batch<T, Arch> loaded_once(xsimd::batch<T, Arch> lanes) noexcept {
#if defined(__GNUC__) && defined(__SSE2__)
  if constexpr (std::is_base_of_v<xsimd::avx512f, Arch>)
    asm("" : "+v"(lanes.data));
  else
    asm("" : "+x"(lanes.data));
#endif
  return lanes;
}
#endif

}  // namespace simd

namespace detail {

/// Weights are stored in groups of 16 words of 32 bits, a cache line. Word i of a group holds weight i of
/// each of the group's stretches of 16 weights, so that shifts alone put the weights of a register of words
/// in order, for any width up to 16 lanes.
inline constexpr std::size_t group_words = 16;

/// Number of weights in a group of `Format`.
template <class Format>
inline constexpr std::size_t group = group_words* Format::per_word;

/// Where a weight is stored: its word, and its part of that.
template <class Format>
struct Place {
  std::size_t word, part;
  explicit constexpr Place(std::size_t index) noexcept
      : word(index / group<Format> * group_words + index % group_words),
        part(index % group<Format> / group_words) {}
};

}  // namespace detail

// clang-format off
/// `per_word` weights in a `Word` of 32 bits. A weight is the stored number times the scale of its row or
/// column, `scale_of(row)`, which is 1 unless `scaled`. `put` and `get` access weight `index` of a row of
/// words; `Format::load<Arch>(words, lanes)` sets `lanes[part]` to the weights `part` of a register of words.
/// All weights of the word `zeros` are 0.
template <class F>
concept weight_format =
    sizeof(typename F::Word) == 4 && std::same_as<decltype(F::scaled), const bool> &&
    requires(std::span<const float> row, typename F::Word* words, const typename F::Word* kept,
             std::size_t index, float weight) {
  { F::per_word } -> std::convertible_to<std::size_t>;
  { F::zeros } -> std::convertible_to<typename F::Word>;
  { F::scale_of(row) } -> std::same_as<float>;
  F::put(words, index, weight, 1.f);
  { F::get(kept, index) } noexcept -> std::same_as<float>;
};
// clang-format on

/// Plain floats: 4 bytes per weight.
struct Fp32 {
  using Word = float;
  static constexpr Word zeros = 0;
  static constexpr std::size_t per_word = 1;
  static constexpr bool scaled = false;

  [[nodiscard]] static float scale_of(std::span<const float>) noexcept { return 1.f; }
  static void put(Word* words, std::size_t index, float weight, float) noexcept { words[index] = weight; }
  [[nodiscard]] static float get(const Word* words, std::size_t index) noexcept { return words[index]; }

  template <class Arch>
  static void load(const Word* words, simd::Lanes<float, Arch> (&lanes)[per_word]) noexcept {
    lanes[0] = simd::Lanes<float, Arch>::load_aligned(words);
  }
};

/// The upper halves of floats, 2 bytes per weight: 8 significant bits, a relative error of at most 2^-8.
/// Rounded to nearest, ties to even; beyond the largest, to the largest.
struct Bf16 {
  using Word = std::int32_t;
  static constexpr Word zeros = 0;
  static constexpr std::size_t per_word = 2;
  static constexpr bool scaled = false;

  [[nodiscard]] static float scale_of(std::span<const float>) noexcept { return 1.f; }

  /// @pre `value` is finite
  [[nodiscard]] static std::uint16_t rounded(float value) noexcept {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t up = 0x7fff + (bits >> 16 & 1);
    constexpr std::uint32_t infinite = 0x7f80;
    const std::uint32_t upper = (bits + up) >> 16;
    return static_cast<std::uint16_t>((upper & infinite) == infinite ? upper - 1 : upper);
  }
  static void put(Word* words, std::size_t index, float weight, float) noexcept {
    const detail::Place<Bf16> at(index);
    const std::uint32_t kept = static_cast<std::uint32_t>(words[at.word]) & 0xffffu << 16 * (1 - at.part);
    words[at.word] = static_cast<Word>(kept | std::uint32_t{rounded(weight)} << 16 * at.part);
  }
  [[nodiscard]] static float get(const Word* words, std::size_t index) noexcept {
    const detail::Place<Bf16> at(index);
    return std::bit_cast<float>(static_cast<std::uint32_t>(words[at.word]) >> 16 * at.part << 16);
  }

  template <class Arch>
  static void load(const Word* words, simd::Lanes<float, Arch> (&lanes)[per_word]) noexcept {
    using Words = simd::Lanes<Word, Arch>;
    const Words two = simd::loaded_once(Words::load_aligned(words));
    lanes[0] = simd::bits_as_float(two << 16);
    lanes[1] = simd::bits_as_float(two & Words(static_cast<Word>(0xffff0000u)));
  }
};

/// Integers from -127 to 127, 1 byte per weight, with a scale per row or column: a weight is off by at most
/// 1/254 of the largest in its row. Rows without a weight above 1e-28 become 0. The even numbers of a word
/// are stored with an offset of 128, so that each half of a word is 256 times its upper number plus an
/// unsigned one: products with halves then give the products with both numbers.
struct Int8 {
  using Word = std::int32_t;
  static constexpr Word zeros = 0x00800080;
  static constexpr std::size_t per_word = 4;
  static constexpr bool scaled = true;

  /// Numbers are widened in the uppermost byte of a word, so that they are 2^24 times as large.
  static constexpr float unit = 0x1p24f;

  [[nodiscard]] static float scale_of(std::span<const float> row) noexcept {
    float largest = 0;
    for (const float weight : row) largest = std::fabs(weight) > largest ? std::fabs(weight) : largest;
    const float scale = largest / (127 * unit);
    return scale >= (std::numeric_limits<float>::min)() ? scale : 0.f;
  }
  static void put(Word* words, std::size_t index, float weight, float scale) noexcept {
    const detail::Place<Int8> at(index);
    const double steps = scale > 0 ? static_cast<double>(weight) / (static_cast<double>(scale) * unit) : 0;
    const auto number = static_cast<std::uint32_t>(std::lrint(steps)) & 0xffu;
    const std::uint32_t kept = static_cast<std::uint32_t>(words[at.word]) & ~(0xffu << 8 * at.part);
    words[at.word] = static_cast<Word>(kept | (number ^ of_zeros(at.part)) << 8 * at.part);
  }
  [[nodiscard]] static float get(const Word* words, std::size_t index) noexcept {
    const detail::Place<Int8> at(index);
    const auto word = static_cast<std::uint32_t>(words[at.word] ^ zeros);
    return static_cast<float>(static_cast<Word>(word >> 8 * at.part << 24));
  }

  template <class Arch>
  static void load(const Word* words, simd::Lanes<float, Arch> (&lanes)[per_word]) noexcept {
    using Words = simd::Lanes<Word, Arch>;
    const Words four = Words::load_aligned(words) ^ Words(zeros), top(static_cast<Word>(0xff000000u));
    lanes[0] = simd::to_float(four << 24);
    lanes[1] = simd::to_float((four << 16) & top);
    lanes[2] = simd::to_float((four << 8) & top);
    lanes[3] = simd::to_float(four & top);
  }

 private:
  /// The byte that stores a zero.
  [[nodiscard]] static constexpr std::uint32_t of_zeros(std::size_t part) noexcept {
    return static_cast<std::uint32_t>(zeros) >> 8 * part & 0xffu;
  }
};

/// The default format of a predictor.
using DefaultWeightFormat = Fp32;

}  // namespace einet

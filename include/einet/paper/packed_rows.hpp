#pragma once
// A weight matrix as the kernels of the CS-Predictor read it: rows in a weight format, each a whole number of
// cache lines.

#include <einet/base/aligned.hpp>
#include <einet/paper/weight_format.hpp>

#include <cstddef>
#include <span>

namespace einet::detail {

/// @tparam Length number of weights in a row; zeros follow up to `padded_length`
template <class Format, std::size_t Length>
class PackedRows {
 public:
  using Word = typename Format::Word;
  static constexpr std::size_t padded_length = round_up(Length, group<Format>);
  static constexpr std::size_t pitch = padded_length / Format::per_word;  ///< words of a row
  /// Bytes to which rows and the buffers used with them are aligned. Processors mistake a load for one of
  /// what was just stored at the same offset in another page, and wait; if rows fill whole pages and all
  /// begin with a page, loads run ahead of stores and never meet them.
  static constexpr std::size_t alignment = pitch * sizeof(Word) % 4096 == 0 ? 4096 : buffer_alignment;

  explicit PackedRows(std::size_t rows)
      : words_(rows * pitch, Format::zeros), scales_(Format::scaled ? rows : 0) {}

  void put(std::size_t index, std::span<const float, Length> weights) noexcept {
    const float scale = Format::scale_of(weights);
    if constexpr (Format::scaled) scales_[index] = scale;
    for (std::size_t i = 0; i < Length; ++i) Format::put(words_.data() + index * pitch, i, weights[i], scale);
  }

  [[nodiscard]] const Word* row(std::size_t index) const noexcept { return words_.data() + index * pitch; }
  /// The factor of the numbers of a row.
  [[nodiscard]] float scale(std::size_t index) const noexcept {
    if constexpr (Format::scaled)
      return scales_[index];
    else
      return 1.f;
  }
  /// The weight as stored, after rounding.
  [[nodiscard]] float weight(std::size_t index, std::size_t entry) const noexcept {
    return Format::get(row(index), entry) * scale(index);
  }
  [[nodiscard]] std::span<const Word> words() const noexcept { return words_; }

 private:
  AlignedVector<Word, alignment> words_;  ///< [rows][pitch]
  AlignedVector<float> scales_;           ///< [rows]; empty for formats without scales
};

}  // namespace einet::detail

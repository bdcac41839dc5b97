#pragma once
// A record of a slot that outlives its writer: with a checksum that shows whether the record is whole.

#include <einet/posix/checksum.hpp>
#include <einet/run/slot_record.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace einet::detail {

/// The checksum covers what follows it, with the sequence as seed.
template <class Output>
struct SealedRecord : SlotRecord<Output> {
  using Base = SlotRecord<Output>;
  using Words = typename Base::Words;
  static constexpr bool checked = true;

  /// Clears the padding and adds the checksum, before the record leaves the process.
  static void seal(Words& words) noexcept {
    clear_padding(&words[Base::output_at]);
    words[Base::sum_at] = sum(words[Base::sequence_at], [&words](std::size_t at) { return words[at]; });
  }
  [[nodiscard]] static Words sealed(Words words) noexcept {
    seal(words);
    return words;
  }

  [[nodiscard]] static bool whole(const Words& words) noexcept {
    return Base::complete(words[Base::sequence_at]) &&
           words[Base::sum_at] ==
               sum(words[Base::sequence_at], [&words](std::size_t at) { return words[at]; });
  }

  /// See SlotRecord::copy.
  template <class Load>
  [[nodiscard]] static bool copy(Words& into, Load load) noexcept {
    const auto word = [&](std::size_t at) { return into[at] = load(at); };
    const std::uint64_t expected = word(Base::sum_at);
    return sum(into[Base::sequence_at], word) == expected;
  }

 private:
  /// @param word called once with the index of each word that the checksum covers
  template <class Word>
  [[nodiscard]] static std::uint64_t sum(std::uint64_t sequence, Word word) noexcept {
    return checksum(
        Base::size - Base::run_at, [&word](std::size_t at) { return word(at + Base::run_at); }, sequence);
  }

  /// Padding may hold anything that was in the process's memory; where the compiler can clear it (g++), it
  /// stays out of the file.
  static void clear_padding([[maybe_unused]] std::uint64_t* output) noexcept {
#if defined(__has_builtin)
#if __has_builtin(__builtin_clear_padding)
    alignas(Output) std::array<std::byte, sizeof(Output)> bytes;
    std::memcpy(bytes.data(), output, sizeof(Output));
    __builtin_clear_padding(reinterpret_cast<Output*>(bytes.data()));
    std::memcpy(output, bytes.data(), sizeof(Output));
#endif
#endif
  }
};

}  // namespace einet::detail

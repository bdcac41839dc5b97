#pragma once
// One record of a slot: an answer, its run and exit and, in slots that outlive their writer, a checksum that
// shows whether the record is whole.

#include <einet/run/checksum.hpp>
#include <einet/run/slot.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

namespace einet::detail {

/// The words of a record: sequence, checksum, newest run, the answer's run, its exit + 1 (0: no answer yet),
/// and its bytes. The sequence is odd while the record is being written. The checksum covers what follows it,
/// with the sequence as seed.
template <class Output>
class SlotRecord {
  static_assert(std::is_trivially_copyable_v<Output>,
                "a result slot's Output must be trivially copyable, or readers could see it half-written");

 public:
  static constexpr std::size_t sequence_at = 0, sum_at = 1, run_at = 2, answer_run_at = 3, exit_at = 4,
                               output_at = 5;
  static constexpr std::size_t size = output_at + (sizeof(Output) + 7) / 8;
  using Words = std::array<std::uint64_t, size>;

  [[nodiscard]] static constexpr bool complete(std::uint64_t sequence) noexcept { return sequence % 2 == 0; }

  /// Compares by distance, so that numbers from a file may wrap around.
  [[nodiscard]] static constexpr bool newer(std::uint64_t sequence, std::uint64_t other) noexcept {
    return static_cast<std::int64_t>(sequence - other) > 0;
  }

  /// The first record of a run.
  [[nodiscard]] static Words without_output(std::uint64_t sequence, std::uint64_t run) noexcept {
    Words words{};
    words[sequence_at] = sequence;
    words[run_at] = run;
    return words;
  }

  [[nodiscard]] static Words holding(std::uint64_t sequence, std::uint64_t run, const Output& output,
                                     std::size_t exit) noexcept {
    Words words;
    words[sequence_at] = sequence;
    words[sum_at] = 0;
    words[run_at] = words[answer_run_at] = run;
    words[exit_at] = static_cast<std::uint64_t>(exit) + 1;
    words.back() = 0;  // the output may fill only a part of the last word
    std::memcpy(&words[output_at], &output, sizeof(Output));
    return words;
  }

  /// Clears the padding and adds the checksum, before the record leaves the process.
  static void seal(Words& words) noexcept {
    clear_padding(&words[output_at]);
    words[sum_at] = sum(words[sequence_at], [&words](std::size_t at) { return words[at]; });
  }
  [[nodiscard]] static Words sealed(Words words) noexcept {
    seal(words);
    return words;
  }

  [[nodiscard]] static bool whole(const Words& words) noexcept {
    return complete(words[sequence_at]) &&
           words[sum_at] == sum(words[sequence_at], [&words](std::size_t at) { return words[at]; });
  }

  /// @param word called once with the index of each word that the checksum covers
  template <class Word>
  [[nodiscard]] static std::uint64_t sum(std::uint64_t sequence, Word word) noexcept {
    return checksum(
        size - run_at, [&word](std::size_t at) { return word(at + run_at); }, sequence);
  }

  [[nodiscard]] static std::optional<Published<Output>> output(const Words& words) noexcept {
    if (words[exit_at] == 0) return std::nullopt;
    alignas(Output) std::array<std::byte, sizeof(Output)> bytes;
    std::memcpy(bytes.data(), &words[output_at], sizeof(Output));
    return Published<Output>{std::bit_cast<Output>(bytes), static_cast<std::size_t>(words[exit_at] - 1)};
  }

  [[nodiscard]] static SlotSnapshot<Output> snapshot(const Words& words) noexcept {
    return {words[run_at], words[sequence_at], output(words), words[answer_run_at]};
  }

 private:
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

#pragma once
// One record of a slot: an answer, its run and its exit. A record that leaves its process also has a checksum
// (posix/sealed_record.hpp).

#include <einet/run/slot.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

namespace einet::detail {

/// The words of a record: sequence, checksum (0 within a process), newest run, the answer's run, its exit + 1
/// (0: no answer yet), and its bytes. The sequence is odd while the record is being written.
template <class Output>
struct SlotRecord {
  static_assert(std::is_trivially_copyable_v<Output>,
                "a result slot's Output must be trivially copyable, or readers could see it half-written");

  static constexpr std::size_t sequence_at = 0, sum_at = 1, run_at = 2, answer_run_at = 3, exit_at = 4,
                               output_at = 5;
  static constexpr std::size_t size = output_at + (sizeof(Output) + 7) / 8;
  using value_type = Output;
  using Words = std::array<std::uint64_t, size>;
  static constexpr bool checked = false;  // whether it can tell that others than the writer wrote to it

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

  /// Copies a record word by word, except for its sequence, which `into` already has.
  /// @param load returns the word at an index, each of which it is called with at most once
  /// @return false if the record turns out to be damaged
  template <class Load>
  [[nodiscard]] static bool copy(Words& into, Load load) noexcept {
    into[sum_at] = 0;
    for (std::size_t at = run_at; at < size; ++at) into[at] = load(at);
    return true;
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
};

}  // namespace einet::detail

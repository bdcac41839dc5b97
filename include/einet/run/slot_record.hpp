#pragma once
// One record of a slot that outlives its writer: an output, the run and the exit it is from, and the checksum
// by which whoever finds it knows that it is whole.

#include <einet/run/checksum.hpp>
#include <einet/run/slot.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

namespace einet {

/// What such a slot holds: the newest run, and its newest output once there is one.
template <class Output>
struct SlotSnapshot {
  std::uint64_t run = 0;       ///< counts the runs of the slot from 1; 0 before the first
  std::uint64_t sequence = 0;  ///< rises with every output published and every run begun
  std::optional<Published<Output>> newest;

  friend bool operator==(const SlotSnapshot&, const SlotSnapshot&) = default;
};

namespace detail {

/// The words of a record: sequence, checksum, run, exit + 1 (0: no output yet), and the output's bytes. The
/// sequence is even and above 0. The checksum is over what follows it, with the sequence as seed.
template <class Output>
class SlotRecord {
  static_assert(std::is_trivially_copyable_v<Output>,
                "a result slot's Output must be trivially copyable, or another process could not read it");

 public:
  static constexpr std::size_t before_output = 4;
  static constexpr std::size_t size = before_output + (sizeof(Output) + 7) / 8;
  using Words = std::array<std::uint64_t, size>;

  /// The first record of a run.
  [[nodiscard]] static Words without_output(std::uint64_t sequence, std::uint64_t run) noexcept {
    Words words{};
    seal(words, sequence, run, 0);
    return words;
  }

  [[nodiscard]] static Words holding(std::uint64_t sequence, std::uint64_t run, const Output& output,
                                     std::size_t exit) noexcept {
    Words words;
    words.back() = 0;  // of the last word the output may fill a part only
    copy_without_padding(output, &words[before_output]);
    seal(words, sequence, run, static_cast<std::uint64_t>(exit) + 1);
    return words;
  }

  [[nodiscard]] static bool whole(const Words& words) noexcept {
    return words[0] != 0 && words[0] % 2 == 0 &&
           words[1] == sum(words[0], [&words](std::size_t at) { return words[at]; });
  }

  /// @param word called once with the index of each word that the checksum is over
  template <class Word>
  [[nodiscard]] static std::uint64_t sum(std::uint64_t sequence, Word word) noexcept {
    return checksum(
        size - summed_from, [&word](std::size_t at) { return word(at + summed_from); }, sequence);
  }

  /// @pre whole(words)
  [[nodiscard]] static SlotSnapshot<Output> snapshot(const Words& words) noexcept {
    SlotSnapshot<Output> held{words[2], words[0], std::nullopt};
    if (words[3] == 0) return held;
    alignas(Output) std::array<std::byte, sizeof(Output)> bytes;
    std::memcpy(bytes.data(), &words[before_output], sizeof(Output));
    held.newest = Published<Output>{std::bit_cast<Output>(bytes), static_cast<std::size_t>(words[3] - 1)};
    return held;
  }

 private:
  static constexpr std::size_t summed_from = 2;

  static void seal(Words& words, std::uint64_t sequence, std::uint64_t run, std::uint64_t exit) noexcept {
    words[0] = sequence;
    words[2] = run;
    words[3] = exit;
    words[1] = sum(sequence, [&words](std::size_t at) { return words[at]; });
  }

  /// What lies between the members may be anything the process had in memory; where the compiler can tell
  /// (g++), it stays out of the file.
  static void copy_without_padding(const Output& output, void* to) noexcept {
#if defined(__has_builtin)
#if __has_builtin(__builtin_clear_padding)
    alignas(Output) std::array<std::byte, sizeof(Output)> bytes;
    std::memcpy(bytes.data(), &output, sizeof(Output));
    __builtin_clear_padding(reinterpret_cast<Output*>(bytes.data()));
    std::memcpy(to, bytes.data(), sizeof(Output));
    return;
#endif
#endif
    std::memcpy(to, &output, sizeof(Output));
  }
};

}  // namespace detail

}  // namespace einet

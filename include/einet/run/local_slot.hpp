#pragma once
// The result slot within one process: a sequence lock over atomic words. The writer never waits; a reader
// tries again only when a newer output overtook it.

#include <einet/base/assert.hpp>
#include <einet/run/slot.hpp>

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

namespace einet {

/// Holds the newest output of one run. One writer, any number of readers.
template <class Output>
class LocalSlot {
  static_assert(std::is_trivially_copyable_v<Output>,
                "LocalSlot<Output>: Output must be trivially copyable, or readers could see it half written");

 public:
  using value_type = Output;

  LocalSlot() = default;
  LocalSlot(const LocalSlot&) = delete;
  LocalSlot& operator=(const LocalSlot&) = delete;

  /// Forgets the output of an earlier run. Writer only.
  void clear() noexcept { write(Record{}); }

  /// Makes `output` the one that readers find. Writer only.
  void publish(const Output& output, std::size_t exit) noexcept {
    Record record{};
    std::memcpy(record.data(), &output, sizeof(Output));
    record[payload] = static_cast<std::uint64_t>(exit) + 1;
    write(record);
  }

  /// The newest complete output, or nothing if there is none yet.
  [[nodiscard]] std::optional<Published<Output>> read() const noexcept {
    Record record;
    std::uint64_t before;
    std::uint64_t after;
    do {
      before = sequence_.load(std::memory_order_acquire);
      for (std::size_t w = 0; w < record.size(); ++w) record[w] = words_[w].load(std::memory_order_acquire);
      after = sequence_.load(std::memory_order_relaxed);
    } while (before != after || before % 2 != 0);
    if (record[payload] == 0) return std::nullopt;
    alignas(Output) std::array<std::byte, sizeof(Output)> bytes;
    std::memcpy(bytes.data(), record.data(), sizeof(Output));
    return Published<Output>{std::bit_cast<Output>(bytes), static_cast<std::size_t>(record[payload] - 1)};
  }

 private:
  static constexpr std::size_t payload = (sizeof(Output) + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t);
  using Record = std::array<std::uint64_t, payload + 1>;  // the output, then its exit + 1 (0: no output)

  /// Every store of a word is a release after the sequence turned odd: a reader that sees any new word also
  /// sees that the sequence moved.
  void write(const Record& record) noexcept {
    const std::uint64_t sequence = sequence_.load(std::memory_order_relaxed);
    sequence_.store(sequence + 1, std::memory_order_relaxed);
    for (std::size_t w = 0; w < record.size(); ++w) words_[w].store(record[w], std::memory_order_release);
    sequence_.store(sequence + 2, std::memory_order_release);
  }

  alignas(64) std::atomic<std::uint64_t> sequence_{0};
  std::array<std::atomic<std::uint64_t>, payload + 1> words_{};
};

}  // namespace einet

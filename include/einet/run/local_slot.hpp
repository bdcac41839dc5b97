#pragma once
// The result slot within one process. Writer and readers never wait for each other.

#include <einet/run/slot.hpp>
#include <einet/run/slot_record.hpp>
#include <einet/run/slot_records.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace einet {

namespace detail {

/// Two records inside the object, each on its own cache lines. Initially one is complete, without an output.
template <class Output>
class LocalStorage {
 public:
  LocalStorage() noexcept { store(1, SlotRecord<Output>::sequence_at, 1); }

  [[nodiscard]] std::uint64_t load(std::size_t which, std::size_t word) const noexcept {
    return records_[which].words[word].load(std::memory_order_acquire);
  }
  void store(std::size_t which, std::size_t word, std::uint64_t value) noexcept {
    records_[which].words[word].store(value, std::memory_order_release);
  }

 private:
  struct alignas(64) Record {
    std::array<std::atomic<std::uint64_t>, SlotRecord<Output>::size> words{};
  };
  std::array<Record, 2> records_{};
};

}  // namespace detail

/// Holds the newest answer, for the threads of this process. One writer, any number of readers. The writer
/// fills that of two records which is not the newest, so that publish() and begin_run() are wait-free.
///
/// read() and snapshot() are lock-free. They never wait for a preempted writer, and retry only if one answer
/// was completed and the next begun while they read. Where 64-bit atomics are lock-free (everywhere but on
/// some 32-bit processors), they are async-signal-safe, even in the writing thread.
template <class Output>
class LocalSlot {
  static_assert(std::is_trivially_copyable_v<Output>,
                "LocalSlot<Output>: Output must be trivially copyable, or readers could see it half-written");

 public:
  using value_type = Output;

  LocalSlot() noexcept = default;
  explicit LocalSlot(BetweenRuns between) noexcept : between_(between) {}
  LocalSlot(const LocalSlot&) = delete;
  LocalSlot& operator=(const LocalSlot&) = delete;

  /// Begins the next run; BetweenRuns decides what readers find until its first answer. Writer only.
  void begin_run() noexcept { records_.begin_run(between_); }

  /// Makes `output` the newest answer. Writer only.
  void publish(const Output& output, std::size_t exit) noexcept { records_.publish(output, exit); }

  /// The newest complete answer, if any. Once publish() has returned, no older one is read.
  [[nodiscard]] std::optional<Published<Output>> read() const noexcept { return records_.read(); }

  /// The same, with the numbers of its run and of the newest run. Nobody else writes, so it is always there.
  [[nodiscard]] SlotSnapshot<Output> snapshot() const noexcept { return *records_.snapshot(); }

 private:
  detail::SlotRecordWriter<detail::SlotRecord<Output>, detail::LocalStorage<Output>> records_;
  BetweenRuns between_ = BetweenRuns::forget;
};

}  // namespace einet

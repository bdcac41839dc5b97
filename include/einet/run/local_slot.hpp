#pragma once
// The result slot within one process. Neither the writer nor a reader ever waits for the other.

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

/// Two records in the object itself, each on cache lines of its own. At first one is whole, without output.
template <class Output>
class LocalStorage {
 public:
  static constexpr bool checked = false;

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

/// Holds the newest output, for the threads of this process. One writer, any number of readers. It holds two
/// outputs and the writer fills the one that is not the newest, so that publish() and begin_run() are
/// wait-free.
///
/// read() and snapshot() are lock-free. They never wait for a writer that does not run, wherever it was
/// preempted, and try again only where one output was finished and the next begun while they read. They are
/// async-signal-safe, in the writing thread, too, wherever 64-bit atomics are lock-free, which is so on
/// everything but some 32-bit processors.
template <class Output>
class LocalSlot {
  static_assert(std::is_trivially_copyable_v<Output>,
                "LocalSlot<Output>: Output must be trivially copyable, or readers could see it half written");

 public:
  using value_type = Output;

  LocalSlot() noexcept = default;
  explicit LocalSlot(BetweenRuns between) noexcept : between_(between) {}
  LocalSlot(const LocalSlot&) = delete;
  LocalSlot& operator=(const LocalSlot&) = delete;

  /// Begins the next run; what readers find until its first output is BetweenRuns' to say. Writer only.
  void begin_run() noexcept { records_.begin_run(between_); }

  /// Makes `output` the one that readers find. Writer only.
  void publish(const Output& output, std::size_t exit) noexcept { records_.publish(output, exit); }

  /// The newest complete output, or nothing if there is none yet. From the moment at which a publish() has
  /// returned no older one is read.
  [[nodiscard]] std::optional<Published<Output>> read() const noexcept { return records_.read(); }

  /// The same with its run's number and that of the newest run.
  [[nodiscard]] SlotSnapshot<Output> snapshot() const noexcept { return *records_.snapshot(); }

 private:
  detail::SlotRecordWriter<Output, detail::LocalStorage<Output>> records_;
  BetweenRuns between_ = BetweenRuns::forget;
};

}  // namespace einet

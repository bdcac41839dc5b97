#pragma once
// The two records of a slot in memory that several processes map: written without waiting, read without a
// lock, and never lost to a writer that dies half way. POSIX only.

#include <einet/run/slot_file.hpp>
#include <einet/run/slot_layout.hpp>
#include <einet/run/slot_record.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <sys/mman.h>

namespace einet::detail {

/// A file's bytes in this process's memory; unmapped with the object.
class SlotMapping {
 public:
  /// @throws SlotError if the system does not map it
  SlotMapping(const SlotFile& file, std::uint64_t size, bool writable)
      : size_(static_cast<std::size_t>(size)),
        memory_(mmap(nullptr, size_, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED,
                     file.descriptor(), 0)) {
    if (memory_ == MAP_FAILED) file.place().fail("cannot be mapped");
  }
  SlotMapping(const SlotMapping&) = delete;
  SlotMapping& operator=(const SlotMapping&) = delete;
  ~SlotMapping() { munmap(memory_, size_); }

  [[nodiscard]] std::uint64_t* words(std::uint64_t at) const noexcept {
    return static_cast<std::uint64_t*>(memory_) + at / sizeof(std::uint64_t);
  }

 private:
  std::size_t size_;
  void* memory_;
};

/// While a record is written its sequence is odd. The writer always takes the record that is not the newest,
/// so at any moment, and for ever if it dies, one record is whole.
template <class Output>
class SharedRecords {
  using Record = SlotRecord<Output>;
  using Word = std::atomic_ref<std::uint64_t>;
  static_assert(Word::is_always_lock_free, "slots between processes need lock-free 64-bit atomics");

 public:
  using Words = typename Record::Words;

  SharedRecords(const SlotMapping& mapping, const SlotLayout& layout) noexcept
      : records_{mapping.words(layout.record(0)), mapping.words(layout.record(1))} {}

  /// Wait-free; one thread at a time. Every store of a word is a release after the sequence turned odd: who
  /// sees any new word also sees that the sequence moved.
  void write(std::size_t which, const Words& words) noexcept {
    std::uint64_t* const record = records_[which];
    // A release, too: who sees this record taken sees the other one complete.
    Word(record[0]).store(words[0] - 1, std::memory_order_release);
    for (std::size_t w = 1; w < words.size(); ++w) Word(record[w]).store(words[w], std::memory_order_release);
    Word(record[0]).store(words[0], std::memory_order_release);
  }

  /// Lock-free: it looks again only when the writer has published in between. A writer that stands still, or
  /// is dead, holds nobody up.
  /// @param into the newest whole record
  /// @param which where it was found
  /// @return whether there is one; else both are damaged, by something other than a writer
  [[nodiscard]] bool newest(Words& into, std::size_t& which) const noexcept {
    for (;;) {
      const std::array<std::uint64_t, 2> seen{sequence(0), sequence(1)};
      which = complete(seen[1]) && (!complete(seen[0]) || seen[1] > seen[0]) ? 1 : 0;
      if (copy(which, seen[which], into)) return true;
      const bool still = sequence(which) == seen[which];
      if (still && copy(1 - which, seen[1 - which], into)) {  // the newest is damaged
        which = 1 - which;
        return true;
      }
      if (still && sequence(1 - which) == seen[1 - which]) return false;
    }
  }

  /// What the newest whole record holds, if there is one.
  [[nodiscard]] std::optional<SlotSnapshot<Output>> snapshot() const noexcept {
    Words words;
    std::size_t which = 0;
    if (!newest(words, which)) return std::nullopt;
    return Record::snapshot(words);
  }

 private:
  static bool complete(std::uint64_t sequence) noexcept { return sequence != 0 && sequence % 2 == 0; }

  [[nodiscard]] std::uint64_t sequence(std::size_t which) const noexcept {
    return Word(records_[which][0]).load(std::memory_order_acquire);
  }

  [[nodiscard]] bool copy(std::size_t which, std::uint64_t seen, Words& into) const noexcept {
    if (!complete(seen)) return false;
    std::uint64_t* const record = records_[which];
    into[0] = seen;
    into[1] = Word(record[1]).load(std::memory_order_acquire);
    const std::uint64_t sum = Record::sum(
        seen, [&](std::size_t w) { return into[w] = Word(record[w]).load(std::memory_order_acquire); });
    return Word(record[0]).load(std::memory_order_relaxed) == seen && sum == into[1];
  }

  std::array<std::uint64_t*, 2> records_;
};

}  // namespace einet::detail

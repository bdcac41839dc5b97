#pragma once
// The two records of a slot: the protocol of all result slots, wherever the records lie. It is a seqlock over
// two records in turn, with one wait-free writer and lock-free readers; its words are atomic, as in Boehm
// 2012, "Can seqlocks get along with programming language memory models?".

#include <einet/run/slot.hpp>
#include <einet/run/slot_record.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace einet::detail {

/// Where the words of two records lie. `load` is an acquire and `store` a release of one word, both
/// lock-free.
// clang-format off
template <class S>
concept record_storage = requires(S& storage, const S& view, std::size_t at, std::uint64_t value) {
  { view.load(at, at) } noexcept -> std::same_as<std::uint64_t>;
  { storage.store(at, at, value) } noexcept;
};
// clang-format on

/// A record's sequence is odd while the record is being written. The writer always takes the record that is
/// not the newest, so that one record is whole at any moment, even if the writer dies.
/// @tparam Record SlotRecord or, where others than the writer may write to the storage, SealedRecord
template <class Record, record_storage Storage>
class SlotRecordReader {
 public:
  using Output = typename Record::value_type;
  using Words = typename Record::Words;

  SlotRecordReader() = default;
  explicit SlotRecordReader(const Storage& storage) noexcept : storage_(storage) {}

  /// Lock-free and async-signal-safe. Retries only if one answer was completed and the next begun meanwhile;
  /// a preempted or dead writer blocks nobody.
  /// @param into receives the newest whole record
  /// @param which receives its place
  /// @return whether there is one; if not, both are damaged, and not by a writer
  [[nodiscard]] bool newest(Words& into, std::size_t& which) const noexcept {
    for (;;) {
      const std::array<std::uint64_t, 2> seen{sequence(0), sequence(1)};
      const bool second =
          Record::complete(seen[1]) && (!Record::complete(seen[0]) || Record::newer(seen[1], seen[0]));
      which = second ? 1 : 0;
      if (copy(which, seen[which], into)) return true;
      if constexpr (Record::checked) {
        const bool still = sequence(which) == seen[which];
        if (still && copy(1 - which, seen[1 - which], into)) {  // the newest is damaged
          which = 1 - which;
          return true;
        }
        if (still && sequence(1 - which) == seen[1 - which]) return false;
      }
    }
  }

  [[nodiscard]] std::optional<Published<Output>> read() const noexcept {
    Words words;
    std::size_t which = 0;
    return newest(words, which) ? Record::output(words) : std::nullopt;
  }

  [[nodiscard]] std::optional<SlotSnapshot<Output>> snapshot() const noexcept {
    Words words;
    std::size_t which = 0;
    return newest(words, which) ? std::optional(Record::snapshot(words)) : std::nullopt;
  }

 protected:
  Storage storage_;  // NOLINT(readability-identifier-naming): shared with the writer only

 private:
  [[nodiscard]] std::uint64_t sequence(std::size_t which) const noexcept {
    return storage_.load(which, Record::sequence_at);
  }

  /// Every store of a word is a release after the sequence became odd, so that whoever sees a new word also
  /// sees the sequence change.
  [[nodiscard]] bool copy(std::size_t which, std::uint64_t seen, Words& into) const noexcept {
    if (!Record::complete(seen)) return false;
    into[Record::sequence_at] = seen;
    return Record::copy(into, [&](std::size_t w) { return storage_.load(which, w); }) &&
           sequence(which) == seen;
  }
};

/// The writer's side: numbers runs and answers, and fills the records in turn. One thread at a time.
template <class Record, record_storage Storage>
class SlotRecordWriter : public SlotRecordReader<Record, Storage> {
 public:
  using Output = typename Record::value_type;
  using Words = typename Record::Words;
  using SlotRecordReader<Record, Storage>::SlotRecordReader;

  /// Begins the next run. Wait-free, like publish().
  void begin_run(BetweenRuns between) noexcept {
    run_ = written_run_ + 1;
    Words words;
    std::size_t newest = 0;
    if (between == BetweenRuns::keep && this->newest(words, newest)) {
      words[Record::sequence_at] = sequence_ + 2;
      words[Record::run_at] = run_;
    } else {
      words = Record::without_output(sequence_ + 2, run_);
    }
    put(words);
  }

  /// Publishes an answer.
  void publish(const Output& output, std::size_t exit) noexcept {
    Words words = Record::holding(sequence_ + 2, run_, output, exit);
    put(words);
  }

 protected:
  void put(Words& words) noexcept {
    if constexpr (Record::checked) Record::seal(words);
    const std::size_t which = next_;
    const std::uint64_t sequence = words[Record::sequence_at];
    sequence_ = sequence;
    next_ = 1 - which;
    written_run_ = run_;
    // A release, too: whoever sees this record being written sees the other one complete.
    this->storage_.store(which, Record::sequence_at, sequence - 1);
    if constexpr (Record::checked) this->storage_.store(which, Record::sum_at, words[Record::sum_at]);
    for (std::size_t w = Record::run_at; w < Record::size; ++w) this->storage_.store(which, w, words[w]);
    this->storage_.store(which, Record::sequence_at, sequence);
  }

  // NOLINTBEGIN(readability-identifier-naming): shared with writers that go on after another
  std::uint64_t sequence_ = 0;
  std::size_t next_ = 1;                     // in a new slot, record 0 is whole: run 0, without an output
  std::uint64_t written_run_ = 0, run_ = 1;  // what is published before any begin_run() is of run 1
  // NOLINTEND(readability-identifier-naming)
};

}  // namespace einet::detail

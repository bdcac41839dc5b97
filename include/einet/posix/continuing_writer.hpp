#pragma once
// Writes the records of a slot that another writer may have left.

#include <einet/run/slot_records.hpp>

#include <cstddef>

namespace einet::detail {

/// Goes on after the newest record. Without a begin_run() since then, an answer belongs to a new run.
template <class Record, record_storage Storage>
class ContinuingWriter : public SlotRecordWriter<Record, Storage> {
 public:
  using Words = typename Record::Words;
  using SlotRecordWriter<Record, Storage>::SlotRecordWriter;

  /// Continues after the newest record in the storage.
  /// @return whether there is one
  [[nodiscard]] bool take_over() noexcept {
    Words words;
    std::size_t newest = 0;
    if (!this->newest(words, newest)) return false;
    this->next_ = 1 - newest;
    go_on_after(words);
    return true;
  }

  /// Stores `words` from elsewhere and continues after them. There must be no readers yet.
  void restore(Words words) noexcept {
    this->put(words);
    // The other record cannot be newer.
    this->storage_.store(this->next_, Record::sequence_at, words[Record::sequence_at] - 1);
    go_on_after(words);
  }

 private:
  void go_on_after(const Words& words) noexcept {
    this->sequence_ = words[Record::sequence_at];
    this->written_run_ = words[Record::run_at];
    this->run_ = this->written_run_ + 1;
  }
};

}  // namespace einet::detail

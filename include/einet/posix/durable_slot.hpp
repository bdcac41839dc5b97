#pragma once
// The result slot that survives a power cut: publish() returns once the answer is on disk. POSIX only.

#include <einet/base/assert.hpp>
#include <einet/posix/continuing_writer.hpp>
#include <einet/posix/sealed_record.hpp>
#include <einet/posix/slot_file.hpp>
#include <einet/posix/slot_layout.hpp>
#include <einet/posix/slot_options.hpp>
#include <einet/posix/slot_place.hpp>
#include <einet/posix/stored_records.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/slot.hpp>
#include <einet/run/slot_record.hpp>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace einet {

/// Holds the newest answer in memory and in a file. Whenever the power is cut, the file holds the last answer
/// whose publish() returned without an error, or a newer one; read_slot_file() or a new DurableSlot finds it.
/// Two records in different disk blocks are written in turn, so that a half-written answer harms no other.
///
/// publish() and begin_run() each wait for the disk (`fdatasync`), which often takes milliseconds; they
/// guarantee only what the disk guarantees of its cache. They neither throw nor allocate, and a thread that
/// is cancelled (pthread_cancel) completes them first.
template <class Output>
class DurableSlot {
 public:
  using value_type = Output;

  /// Creates the file, by default for this user only, and allocates all of its space; or continues the slot
  /// of an earlier writer, whose last answer read() returns until the first begin_run() or publish(), which
  /// begin a run. Either way, syncs the file and its folder.
  /// @throws SlotError as read_slot_file; if another writer has the slot; if the disk is full
  explicit DurableSlot(const std::filesystem::path& path, SlotOptions options = {})
      : file_(detail::SlotFile::for_writing({absolute(path), false, options.access}, layout,
                                            Record::sealed(Record::without_output(2, 0)), true)),
        block_(layout.record_size / sizeof(std::uint64_t)),
        between_(options.between_runs) {
    const auto newest = detail::newest_stored<Output>(file_, layout);
    if (!newest) EINET_THROW(SlotError(file_.place().name, "records", "both are damaged; remove the slot"));
    memory_.restore(newest->words);
    // The writer may have died before this record was on disk. Until it is, the other must be kept.
    next_ = newest->which;
    sync();
    if (last_error()) file_.place().fail("cannot be synced to disk", last_error().value());
  }
  DurableSlot(const DurableSlot&) = delete;
  DurableSlot& operator=(const DurableSlot&) = delete;

  /// Begins the next run; BetweenRuns decides what is found until its first answer. Writer only.
  void begin_run() noexcept {
    memory_.begin_run(between_);
    sync();
  }

  /// Makes `output` the newest answer: in this process at once, in the file on return. Writer only.
  void publish(const Output& output, std::size_t exit) noexcept {
    memory_.publish(output, exit);
    sync();
  }

  /// The newest complete answer, or nothing if there is none yet; from any thread of this process. Like
  /// LocalSlot::read(), it never waits for the writer. The answer may not be on disk yet.
  [[nodiscard]] std::optional<Published<Output>> read() const noexcept { return memory_.read(); }

  /// The same, with the numbers of its run and of the newest run.
  [[nodiscard]] SlotSnapshot<Output> snapshot() const noexcept { return *memory_.snapshot(); }

  /// The error that kept the newest begin_run() or publish() from the disk; none once a later one succeeds.
  /// Meanwhile the file holds the last that succeeded. Also reports a file that was written but will not be
  /// found: ENOENT if it was removed, ESTALE if its name leads to another file now, EBADMSG if its size was
  /// changed or its header overwritten; after those, only a new slot helps. From any thread.
  [[nodiscard]] std::error_code last_error() const noexcept {
    return {error_.load(std::memory_order_relaxed), std::generic_category()};
  }

 private:
  using Record = detail::SealedRecord<Output>;
  static constexpr detail::SlotLayout layout = detail::slot_layout<Output>(detail::disk_block);

  /// An absolute name, as the process may change its working directory later.
  [[nodiscard]] static std::string absolute(const std::filesystem::path& path) {
    std::error_code error;
    const auto whole = std::filesystem::absolute(path, error);
    return (error ? path : whole).string();
  }

  /// Writes the newest record to disk. After an error its state there is unknown, so the next attempt
  /// overwrites the same record; the other one is known to be good.
  void sync() noexcept {
    typename Record::Words words;
    std::size_t newest = 0;
    (void)memory_.newest(words, newest);  // nobody else writes to it
    Record::seal(words);
    std::memcpy(block_.data(), words.data(), sizeof(words));
    int error = 0;
    if (!file_.write(block_.data(), static_cast<std::size_t>(layout.record_size), layout.record(next_)) ||
        !file_.sync_data())
      error = errno;
    else
      next_ = 1 - next_;
    if (error == 0) error = file_.lost(layout);
    error_.store(error, std::memory_order_relaxed);
  }

  detail::SlotFile file_;  // holds the lock
  std::vector<std::uint64_t> block_;
  detail::ContinuingWriter<detail::SlotRecord<Output>, detail::LocalStorage<Output>> memory_;
  std::size_t next_ = 0;  // record of the file to write next
  BetweenRuns between_;
  std::atomic<int> error_{0};
};

}  // namespace einet

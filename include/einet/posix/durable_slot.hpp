#pragma once
// The result slot that survives a power cut: every output is on the disk before publish() returns. POSIX
// only.

#include <einet/base/assert.hpp>
#include <einet/posix/slot_file.hpp>
#include <einet/posix/slot_layout.hpp>
#include <einet/posix/slot_options.hpp>
#include <einet/posix/slot_place.hpp>
#include <einet/posix/stored_records.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/slot.hpp>
#include <einet/run/slot_record.hpp>
#include <einet/run/slot_records.hpp>

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

/// Holds the newest output in memory and in a file. Whenever the power is cut, the file holds the last output
/// whose publish() had returned without an error, or a newer one; read_slot_file() or a new DurableSlot finds
/// it. Two records in different blocks of the disk take turns, so that an output half written harms none but
/// itself.
///
/// publish() and begin_run() each wait for the disk (`fdatasync`): milliseconds on many, and all they can
/// promise is what the disk promises of its cache. They neither throw nor allocate, and a thread that is
/// cancelled (pthread_cancel) completes them first.
template <class Output>
class DurableSlot {
 public:
  using value_type = Output;

  /// Creates the file, by default for this user only, all of its space taken and its folder brought to the
  /// disk; or goes on in what an earlier writer left, whose last output read() gives until the first
  /// begin_run() or publish(), which begin a run.
  /// @throws SlotError as read_slot_file; if another writer has the slot; if the disk is full
  explicit DurableSlot(const std::filesystem::path& path, SlotOptions options = {})
      : file_(detail::SlotFile::for_writing({absolute(path), false, options.access}, layout,
                                            Record::sealed(Record::without_output(2, 0)), true)),
        block_(layout.record_size / sizeof(std::uint64_t)),
        between_(options.between_runs) {
    const auto newest = detail::newest_stored<Output>(file_, layout);
    if (!newest) EINET_THROW(SlotError(file_.place().name, "records", "both are damaged; remove the slot"));
    memory_.restore(newest->words);
    // Its writer may have died before it was on the disk; the one before must not be given up until it is.
    next_ = newest->which;
    bring_to_disk();
    if (last_error()) file_.place().fail("cannot be brought to the disk", last_error().value());
  }
  DurableSlot(const DurableSlot&) = delete;
  DurableSlot& operator=(const DurableSlot&) = delete;

  /// Begins the next run; what is found until its first output is BetweenRuns' to say. Writer only.
  void begin_run() noexcept {
    memory_.begin_run(between_);
    bring_to_disk();
  }

  /// Makes `output` the one that is found, by readers in this process at once, in the file on return. Writer
  /// only.
  void publish(const Output& output, std::size_t exit) noexcept {
    memory_.publish(output, exit);
    bring_to_disk();
  }

  /// The newest complete output, or nothing if there is none yet; from any thread of this process, and as
  /// LocalSlot::read() does: it waits neither for the writer nor for the disk, and need not be there yet.
  [[nodiscard]] std::optional<Published<Output>> read() const noexcept { return memory_.read(); }

  /// The same with its run's number and that of the newest run.
  [[nodiscard]] SlotSnapshot<Output> snapshot() const noexcept { return *memory_.snapshot(); }

  /// What kept the newest begin_run() or publish() from the disk; no error once a later one came through. The
  /// last that did stays in the file meanwhile. It is told, too, if the file was written to but will not be
  /// found: ENOENT if it was removed, ESTALE if its name leads to another file now, EBADMSG if it was made
  /// shorter or longer or its header was overwritten; only a new slot mends those. From any thread.
  [[nodiscard]] std::error_code last_error() const noexcept {
    return {error_.load(std::memory_order_relaxed), std::generic_category()};
  }

 private:
  using Record = detail::SlotRecord<Output>;
  static constexpr detail::SlotLayout layout = detail::slot_layout<Output>(detail::disk_block);

  /// The process may change its folder later.
  [[nodiscard]] static std::string absolute(const std::filesystem::path& path) {
    std::error_code error;
    const auto whole = std::filesystem::absolute(path, error);
    return (error ? path : whole).string();
  }

  /// After an error nobody knows what the disk holds of this record, so the next attempt takes it again: the
  /// other one is known to be good.
  void bring_to_disk() noexcept {
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

  detail::SlotFile file_;  // keeps the lock
  std::vector<std::uint64_t> block_;
  detail::SlotRecordWriter<Output, detail::LocalStorage<Output>> memory_;
  std::size_t next_ = 0;  // record of the file
  BetweenRuns between_;
  std::atomic<int> error_{0};
};

}  // namespace einet

#pragma once
// The result slot that survives a power cut: every output is on the disk before publish() returns. POSIX
// only.

#include <einet/run/local_slot.hpp>
#include <einet/run/slot.hpp>
#include <einet/run/slot_file.hpp>
#include <einet/run/slot_layout.hpp>
#include <einet/run/slot_record.hpp>
#include <einet/run/stored_records.hpp>

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

#include <unistd.h>

namespace einet {

/// Holds the newest output of one run in memory and in a file. Whenever the power is cut, the file holds the
/// last output whose publish() had returned without an error, or a newer one; read_slot_file() or a new
/// DurableSlot finds it. Two records in different blocks of the disk take turns, so that an output half
/// written harms none but itself.
///
/// publish() and clear() each wait for the disk (`fdatasync`): milliseconds on many, and all they can promise
/// is what the disk promises of its cache. They neither throw nor allocate.
template <class Output>
class DurableSlot {
 public:
  using value_type = Output;

  /// Creates the file, readable and writable by this user only, all of its space taken and its folder brought
  /// to the disk; or goes on in what an earlier writer left, whose last output read() gives until the first
  /// clear() or publish(), which begin a run.
  /// @throws SlotError as read_slot_file; if another writer has the slot; if the disk is full
  explicit DurableSlot(const std::filesystem::path& path)
      : file_(detail::SlotFile::for_writing({path.string(), false}, layout, Record::without_output(2, 0),
                                            true)),
        block_(layout.record_size / sizeof(std::uint64_t)) {
    const auto newest = detail::newest_stored<Output>(file_, layout);
    if (!newest) throw SlotError(path.string(), "records", "both are damaged; remove the slot");
    const SlotSnapshot<Output> held = Record::snapshot(newest->words);
    if (held.newest) memory_.publish(held.newest->output, held.newest->exit);
    written_run_ = run_ = held.run;
    // Its writer may have died before it was on the disk; the one before must not be given up until it is.
    next_ = newest->which;
    write(newest->words);
    if (last_error()) file_.place().fail("cannot be brought to the disk", last_error().value());
    run_ = held.run + 1;
  }
  DurableSlot(const DurableSlot&) = delete;
  DurableSlot& operator=(const DurableSlot&) = delete;

  /// Begins the next run, without an output. Writer only.
  void clear() noexcept {
    memory_.clear();
    run_ = written_run_ + 1;
    write(Record::without_output(sequence_ + 2, run_));
  }

  /// Makes `output` the one that is found, by readers in this process at once, in the file on return. Writer
  /// only.
  void publish(const Output& output, std::size_t exit) noexcept {
    memory_.publish(output, exit);
    write(Record::holding(sequence_ + 2, run_, output, exit));
  }

  /// The newest complete output, or nothing if there is none yet; from any thread of this process. It need
  /// not be on the disk yet.
  [[nodiscard]] std::optional<Published<Output>> read() const noexcept { return memory_.read(); }

  /// What kept the newest clear() or publish() from the disk; no error once a later one came through. The
  /// last that did stays in the file meanwhile. From any thread.
  [[nodiscard]] std::error_code last_error() const noexcept {
    return {error_.load(std::memory_order_relaxed), std::generic_category()};
  }

 private:
  using Record = detail::SlotRecord<Output>;
  static constexpr detail::SlotLayout layout = detail::slot_layout<Output>(detail::disk_block);

  /// After an error nobody knows what the disk holds of this record, so the next attempt takes it again: the
  /// other one is known to be good.
  void write(const typename Record::Words& words) noexcept {
    sequence_ = words[0];
    written_run_ = run_;
    std::memcpy(block_.data(), words.data(), sizeof(words));
    int error = 0;
    if (!file_.write(block_.data(), static_cast<std::size_t>(layout.record_size), layout.record(next_)) ||
        fdatasync(file_.descriptor()) != 0)
      error = errno;
    else
      next_ = 1 - next_;
    error_.store(error, std::memory_order_relaxed);
  }

  detail::SlotFile file_;  // keeps the lock
  std::vector<std::uint64_t> block_;
  LocalSlot<Output> memory_;
  std::uint64_t sequence_ = 0;
  std::size_t next_ = 0;
  std::uint64_t written_run_ = 0, run_ = 0;
  std::atomic<int> error_{0};
};

}  // namespace einet

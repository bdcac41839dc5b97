#pragma once
// The result slot that other processes read, live and after the writer was killed at any moment. It is a
// memory-mapped file or a POSIX shared-memory object. POSIX only.

#include <einet/base/assert.hpp>
#include <einet/posix/continuing_writer.hpp>
#include <einet/posix/sealed_record.hpp>
#include <einet/posix/slot_file.hpp>
#include <einet/posix/slot_layout.hpp>
#include <einet/posix/slot_mapping.hpp>
#include <einet/posix/slot_options.hpp>
#include <einet/posix/slot_place.hpp>
#include <einet/run/slot.hpp>
#include <einet/run/slot_records.hpp>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace einet {

/// Reads a slot that another process writes, or wrote before it died. Any number of readers; writer and
/// readers never block each other, even if the writer is halted half-way through an answer.
///
/// Truncating the mapped file makes the next read a SIGBUS. einet never does that: a slot has its full size
/// before it can be opened, and a new writer continues in the same file. By default only the owner could,
/// because nobody else may open it. Removing the file harms no reader. read_slot_file() maps nothing.
template <class Output>
class SharedSlotReader {
 public:
  using value_type = Output;

  /// @throws SlotError if there is no such file, if it is not a whole and undamaged slot of this Output in
  /// this layout, or if it is not a regular file with this `access`. A symbolic link is followed only in the
  /// folders of the path
  [[nodiscard]] static SharedSlotReader in_file(const std::filesystem::path& path,
                                                SlotAccess access = SlotAccess::owner) {
    return SharedSlotReader({path.string(), false, access});
  }
  /// @param name as for shm_open, such as "/einet-demo"
  /// @throws SlotError as in_file
  [[nodiscard]] static SharedSlotReader in_memory(const std::string& name,
                                                  SlotAccess access = SlotAccess::owner) {
    return SharedSlotReader({name, true, access});
  }

  SharedSlotReader(const SharedSlotReader&) = delete;
  SharedSlotReader& operator=(const SharedSlotReader&) = delete;

  /// The newest complete answer, if any. Once publish() has returned, no older one is read. Lock-free and
  /// async-signal-safe, like LocalSlot::read().
  [[nodiscard]] std::optional<Published<Output>> read() const noexcept { return records_.read(); }

  /// The same, with the numbers of its run and of the newest run; nothing if both records are damaged, which
  /// the death of a writer never causes.
  [[nodiscard]] std::optional<SlotSnapshot<Output>> snapshot() const noexcept { return records_.snapshot(); }

 private:
  static constexpr detail::SlotLayout layout = detail::slot_layout<Output>(detail::cache_line);

  static detail::SlotFile open(detail::SlotPlace place) {
    detail::SlotFile file = detail::SlotFile::for_reading(std::move(place));
    file.check(layout);
    return file;
  }

  explicit SharedSlotReader(detail::SlotPlace place)
      : mapping_(open(std::move(place)), layout.size(), false),
        records_(detail::MappedStorage(mapping_, layout)) {}

  detail::SlotMapping mapping_;
  detail::SlotRecordReader<detail::SealedRecord<Output>, detail::MappedStorage> records_;
};

/// Writes such a slot. The slot outlives its writer: a new writer continues in the same file, and the last
/// answer stays readable until its first begin_run() or publish(), which begin a run.
///
/// Publishing waits for nothing, except that a store to a file on disk may take a page fault if the system
/// has just written back its page; shared memory and files on a tmpfs take none. What is on disk after a
/// power cut is undefined; for that, use DurableSlot.
template <class Output>
class SharedSlot {
 public:
  using value_type = Output;

  /// Creates the file, by default for this user only, or takes over what an earlier writer left. Either way,
  /// allocates all of its space now.
  /// @throws SlotError as SharedSlotReader::in_file; if another writer has the slot; if the disk is full
  [[nodiscard]] static SharedSlot in_file(const std::filesystem::path& path, SlotOptions options = {}) {
    return SharedSlot({path.string(), false, options.access}, options.between_runs);
  }
  /// @param name as for shm_open, such as "/einet-demo"; it stays until remove_from_memory() or a reboot
  /// @throws SlotError as in_file
  [[nodiscard]] static SharedSlot in_memory(const std::string& name, SlotOptions options = {}) {
    return SharedSlot({name, true, options.access}, options.between_runs);
  }

  /// Removes the shared-memory object of that name, if there is one. Processes that have it open keep it.
  static void remove_from_memory(const std::string& name) noexcept { detail::SlotPlace{name, true}.remove(); }

  SharedSlot(const SharedSlot&) = delete;
  SharedSlot& operator=(const SharedSlot&) = delete;

  /// Begins the next run; BetweenRuns decides what readers find until its first answer. Writer only.
  void begin_run() noexcept { records_.begin_run(between_); }

  /// Makes `output` the newest answer. Writer only.
  void publish(const Output& output, std::size_t exit) noexcept { records_.publish(output, exit); }

  /// As in SharedSlotReader; from any thread.
  [[nodiscard]] std::optional<Published<Output>> read() const noexcept { return records_.read(); }
  [[nodiscard]] std::optional<SlotSnapshot<Output>> snapshot() const noexcept { return records_.snapshot(); }

 private:
  using Record = detail::SealedRecord<Output>;
  static constexpr detail::SlotLayout layout = detail::slot_layout<Output>(detail::cache_line);

  SharedSlot(const detail::SlotPlace& place, BetweenRuns between)
      : file_(detail::SlotFile::for_writing(place, layout, Record::sealed(Record::without_output(2, 0)),
                                            false)),
        mapping_(file_, layout.size(), true),
        records_(detail::MappedStorage(mapping_, layout)),
        between_(between) {
    if (!records_.take_over())
      EINET_THROW(SlotError(place.name, "records", "both are damaged; remove the slot"));
  }

  detail::SlotFile file_;  // holds the lock
  detail::SlotMapping mapping_;
  detail::ContinuingWriter<Record, detail::MappedStorage> records_;
  BetweenRuns between_;
};

}  // namespace einet

#pragma once
// The result slot that other processes read, live and after the writer was killed at whatever moment. It lies
// in a memory-mapped file or in a POSIX shared-memory object. POSIX only.

#include <einet/run/shared_records.hpp>
#include <einet/run/slot.hpp>
#include <einet/run/slot_file.hpp>
#include <einet/run/slot_layout.hpp>
#include <einet/run/slot_record.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace einet {

/// Reads a slot that another process writes, or wrote before it died. Any number of readers; none holds up
/// the writer, nor the writer them, even if it is stopped half way through an output.
///
/// The mapped file must not be made shorter, or the next read is a SIGBUS. einet never does that: a slot has
/// its whole size before it can be opened, and a new writer goes on in the same file. Only its owner can do
/// it, as nobody else may open it. Removing the file harms no reader. read_slot_file() maps nothing.
template <class Output>
class SharedSlotReader {
 public:
  using value_type = Output;

  /// @throws SlotError if there is no such file, if it is not a slot of this Output in this layout, whole and
  /// undamaged, or is not a regular file that only this user may open; a symbolic link is not followed,
  /// except in the folders before the last name
  [[nodiscard]] static SharedSlotReader in_file(const std::filesystem::path& path) {
    return SharedSlotReader({path.string(), false});
  }
  /// @param name as for shm_open, such as "/einet-demo"
  /// @throws SlotError as in_file
  [[nodiscard]] static SharedSlotReader in_memory(const std::string& name) {
    return SharedSlotReader({name, true});
  }

  SharedSlotReader(const SharedSlotReader&) = delete;
  SharedSlotReader& operator=(const SharedSlotReader&) = delete;

  /// The newest complete output of the newest run, or nothing if it has none. From the moment at which a
  /// publish() has returned no older one is read.
  [[nodiscard]] std::optional<Published<Output>> read() const noexcept {
    const auto held = snapshot();
    return held ? held->newest : std::nullopt;
  }

  /// The same with the run's number; nothing if both records are damaged, which no writer's death does.
  [[nodiscard]] std::optional<SlotSnapshot<Output>> snapshot() const noexcept { return records_.snapshot(); }

 private:
  static constexpr detail::SlotLayout layout = detail::slot_layout<Output>(detail::cache_line);

  static detail::SlotFile open(detail::SlotPlace place) {
    detail::SlotFile file = detail::SlotFile::for_reading(std::move(place));
    file.check(layout);
    return file;
  }

  explicit SharedSlotReader(detail::SlotPlace place)
      : mapping_(open(std::move(place)), layout.size(), false), records_(mapping_, layout) {}

  detail::SlotMapping mapping_;
  detail::SharedRecords<Output> records_;
};

/// Writes such a slot. The run it belongs to outlives its writer: a new one goes on in the same file, and the
/// last output stays readable until that one's first clear() or publish(), which begin a run.
///
/// Publishing waits for nothing, though a file on a disk may make it: when its page was just written back,
/// the system takes a page fault on the next store. In shared memory, or in a file on a tmpfs, there is none.
/// What is on the disk after a power cut is undefined; that is what DurableSlot is for.
template <class Output>
class SharedSlot {
 public:
  using value_type = Output;

  /// Creates the file, readable and writable by this user only, or takes over what an earlier writer left.
  /// @throws SlotError as SharedSlotReader::in_file; if another writer has the slot; if the disk is full
  [[nodiscard]] static SharedSlot in_file(const std::filesystem::path& path) {
    return SharedSlot({path.string(), false});
  }
  /// @param name as for shm_open, such as "/einet-demo"; it stays until remove_from_memory() or a reboot
  /// @throws SlotError as in_file
  [[nodiscard]] static SharedSlot in_memory(const std::string& name) { return SharedSlot({name, true}); }

  /// Removes the shared-memory object of that name, if there is one. Who has it open keeps it.
  static void remove_from_memory(const std::string& name) noexcept { detail::SlotPlace{name, true}.remove(); }

  SharedSlot(const SharedSlot&) = delete;
  SharedSlot& operator=(const SharedSlot&) = delete;

  /// Begins the next run, without an output. Writer only.
  void clear() noexcept {
    run_ = written_run_ + 1;
    write(Record::without_output(next_sequence(), run_));
  }

  /// Makes `output` the one that readers find. Writer only.
  void publish(const Output& output, std::size_t exit) noexcept {
    write(Record::holding(next_sequence(), run_, output, exit));
  }

  /// As a SharedSlotReader reads it; from any thread.
  [[nodiscard]] std::optional<Published<Output>> read() const noexcept {
    const auto held = snapshot();
    return held ? held->newest : std::nullopt;
  }
  [[nodiscard]] std::optional<SlotSnapshot<Output>> snapshot() const noexcept { return records_.snapshot(); }

 private:
  using Record = detail::SlotRecord<Output>;
  static constexpr detail::SlotLayout layout = detail::slot_layout<Output>(detail::cache_line);

  explicit SharedSlot(const detail::SlotPlace& place)
      : file_(detail::SlotFile::for_writing(place, layout, Record::without_output(2, 0), false)),
        mapping_(file_, layout.size(), true),
        records_(mapping_, layout) {
    typename Record::Words words;
    std::size_t newest = 0;
    if (!records_.newest(words, newest))
      throw SlotError(place.name, "records", "both are damaged; remove the slot");
    sequence_ = words[0];
    next_ = 1 - newest;
    written_run_ = Record::snapshot(words).run;
    run_ = written_run_ + 1;
  }

  [[nodiscard]] std::uint64_t next_sequence() const noexcept { return sequence_ + 2; }

  void write(const typename Record::Words& words) noexcept {
    records_.write(next_, words);
    sequence_ = words[0];
    next_ = 1 - next_;
    written_run_ = run_;
  }

  detail::SlotFile file_;  // keeps the lock
  detail::SlotMapping mapping_;
  detail::SharedRecords<Output> records_;
  std::uint64_t sequence_ = 0;
  std::size_t next_ = 0;
  std::uint64_t written_run_ = 0, run_ = 0;
};

}  // namespace einet

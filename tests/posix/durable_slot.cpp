#include "catch.hpp"
#include "counting_new.hpp"
#include "posix/slot_outputs.hpp"
#include "run/slot_runs.hpp"
#include "support.hpp"

#include <einet/posix/durable_slot.hpp>
#include <einet/posix/slot_layout.hpp>
#include <einet/posix/stored_records.hpp>
#include <einet/posix/uncancelled.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

/// Called in place of fdatasync and fsync if a test sets it.
std::function<int(int)>* instead_of_sync = nullptr;

int sync_by(long call, int descriptor) {
  if (instead_of_sync != nullptr) return (*instead_of_sync)(descriptor);
  return static_cast<int>(syscall(call, descriptor));
}

}  // namespace

extern "C" int fdatasync(int descriptor) {
  return sync_by(SYS_fdatasync, descriptor);
}
extern "C" int fsync(int descriptor) {
  return sync_by(SYS_fsync, descriptor);
}

namespace {

namespace fs = std::filesystem;
using einet::DurableSlot;
using einet::read_slot_file;
using einet::test::HundredScores;
using einet::test::scores_of;
using FileBytes = std::vector<char>;

/// Larger than a sector, so that a power cut can leave part of it.
using LargeScores = einet::Scores<900>;

static_assert(einet::result_slot<DurableSlot<HundredScores>>);

LargeScores large_of(std::int32_t number) {
  LargeScores output;
  for (std::size_t k = 0; k < output.scores.size(); ++k) output.scores[k] = static_cast<float>(number) + 0.5f;
  output.label = number;
  return output;
}

/// A folder with a slot's file, and a file for what a power cut leaves of it.
struct SlotDisk {
  fs::path folder = einet::test::scratch_folder("durable-slot");
  fs::path path = folder / "slot", after_cut = folder / "after-cut";

  SlotDisk() = default;
  SlotDisk(const SlotDisk&) = delete;
  SlotDisk& operator=(const SlotDisk&) = delete;
  ~SlotDisk() { fs::remove_all(folder); }

  void put_after_cut(const FileBytes& bytes) const {
    if (!fs::exists(after_cut)) {
      std::ofstream{after_cut};
      fs::permissions(after_cut, fs::perms::owner_read | fs::perms::owner_write);
    }
    // In place: making a new file each time would wait for the disk.
    einet::test::overwrite(after_cut, 0, bytes.data(), bytes.size());
  }
};

/// What may be on the disk after a power cut, given what was synced last and what was written since: each
/// sector old, new, or partly new.
FileBytes torn(const FileBytes& synced, const FileBytes& written, std::mt19937& random) {
  constexpr std::size_t sector = 512;
  const std::size_t kept_of_ten = random() % 11;
  FileBytes mixed = synced;
  for (std::size_t at = 0; at < written.size(); at += sector) {
    if (std::equal(written.begin() + static_cast<std::ptrdiff_t>(at),
                   written.begin() + static_cast<std::ptrdiff_t>(at + sector),
                   synced.begin() + static_cast<std::ptrdiff_t>(at)))
      continue;
    const std::size_t kept = random() % 10 < kept_of_ten ? sector : random() % 2 * (random() % sector);
    std::copy_n(written.begin() + static_cast<std::ptrdiff_t>(at), kept,
                mixed.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return mixed;
}

/// Redirects this process's descriptors of `path` to another file. @return how many there were
int redirect(const fs::path& path, const char* other, int flags) {
  struct stat wanted {};
  if (stat(path.c_str(), &wanted) != 0) return 0;
  int redirected = 0;
  for (int descriptor = 3; descriptor < 1024; ++descriptor) {
    struct stat found {};
    if (fstat(descriptor, &found) != 0 || found.st_ino != wanted.st_ino || found.st_dev != wanted.st_dev)
      continue;
    const int to = open(other, flags);
    dup2(to, descriptor);
    close(to);
    ++redirected;
  }
  return redirected;
}

}  // namespace

TEST_CASE("the answer of a durable slot is in its file, and found again", "[run][durable_slot]") {
  const SlotDisk disk;
  {
    DurableSlot<HundredScores> slot(disk.path);
    CHECK_FALSE(slot.read());
    CHECK(read_slot_file<HundredScores>(disk.path)->run == 0);
    slot.begin_run();
    slot.publish(scores_of(1, 1), 0);
    slot.publish(scores_of(1, 2), 4);
    CHECK(slot.read() == einet::Published<HundredScores>{scores_of(1, 2), 4});
    CHECK(read_slot_file<HundredScores>(disk.path) ==
          einet::SlotSnapshot<HundredScores>{1, 8, {{scores_of(1, 2), 4}}, 1});
    CHECK_FALSE(slot.last_error());
    CHECK_THROWS_WITH(DurableSlot<HundredScores>(disk.path),
                      einet::test::ContainsSubstring("lock: another writer"));
  }
  {
    DurableSlot<HundredScores> next(disk.path);
    CHECK(next.read() == einet::Published<HundredScores>{scores_of(1, 2), 4});
    next.publish(scores_of(2, 1), 3);
    CHECK(read_slot_file<HundredScores>(disk.path)->run == 2);
    next.begin_run();
    CHECK_FALSE(next.read());
    CHECK_FALSE(read_slot_file<HundredScores>(disk.path)->newest);
    CHECK(read_slot_file<HundredScores>(disk.path)->run == 3);
  }
  CHECK_THROWS_WITH(read_slot_file<einet::Answer>(disk.path), einet::test::ContainsSubstring("output size"));
  const auto layout = einet::detail::slot_layout<HundredScores>(einet::detail::disk_block);
  CHECK(layout.record(0) % 4096 == 0);
  CHECK(layout.record(1) - layout.record(0) >= 4096);
  CHECK(fs::file_size(disk.path) == layout.size());
}

TEST_CASE("whatever a power cut leaves of an output, the slot holds that one or the one before",
          "[run][durable_slot]") {
  const SlotDisk disk;
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  FileBytes synced;
  std::int32_t returned = 0;
  std::size_t older = 0, newer = 0, cuts = 0;
  const std::size_t cuts_each = einet::test::cases(40);
  std::function<int(int)> cut = [&](int) {
    const FileBytes written = einet::test::file_bytes(disk.path);
    for (std::size_t k = 0; k < cuts_each && synced.size() == written.size(); ++k, ++cuts) {
      disk.put_after_cut(torn(synced, written, random));
      const auto found = read_slot_file<LargeScores>(disk.after_cut);
      REQUIRE(found);
      const std::int32_t number = found->newest ? found->newest->output.label : 0;
      REQUIRE((number == returned || number == returned + 1));
      if (number > 0) REQUIRE(found->newest->output == large_of(number));
      (number == returned ? older : newer) += 1;
    }
    synced = written;
    return 0;
  };
  DurableSlot<LargeScores> slot(disk.path);
  synced = einet::test::file_bytes(disk.path);
  instead_of_sync = &cut;
  for (std::int32_t number = 1; number <= 20; ++number) {
    slot.publish(large_of(number), 1);
    returned = number;
  }
  instead_of_sync = nullptr;
  CHECK(cuts == 20 * cuts_each);
  CHECK(older > 0);
  CHECK(newer > 0);
}

TEST_CASE("an output of one sector survives a cut after every byte", "[run][durable_slot]") {
  const SlotDisk disk;
  DurableSlot<HundredScores> slot(disk.path);
  slot.publish(scores_of(1, 1), 1);
  const FileBytes before = einet::test::file_bytes(disk.path);
  slot.publish(scores_of(1, 2), 2);
  const FileBytes after = einet::test::file_bytes(disk.path);
  std::size_t wrong = 0;
  for (std::size_t cut = 0; cut < before.size(); cut += cut % 4096 < 460 ? 1 : 4096 - cut % 4096) {
    FileBytes mixed = after;
    std::copy(before.begin() + static_cast<std::ptrdiff_t>(cut), before.end(),
              mixed.begin() + static_cast<std::ptrdiff_t>(cut));
    disk.put_after_cut(mixed);
    const auto found = read_slot_file<HundredScores>(disk.after_cut);
    const bool whole = mixed == after;
    if (!found || found->newest->output != scores_of(1, whole ? 2 : 1)) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a header is on disk only once its records are", "[run][durable_slot]") {
  const SlotDisk disk;
  std::vector<FileBytes> synced;
  std::function<int(int)> note = [&](int) {
    synced.push_back(einet::test::file_bytes(disk.path));
    return 0;
  };
  instead_of_sync = &note;
  { const DurableSlot<HundredScores> slot(disk.path); }
  instead_of_sync = nullptr;
  REQUIRE(synced.size() >= 3);  // records, header, folder
  disk.put_after_cut(synced[0]);
  CHECK_THROWS_WITH(read_slot_file<HundredScores>(disk.after_cut),
                    einet::test::ContainsSubstring("no writer has"));
  disk.put_after_cut(synced[1]);
  CHECK(read_slot_file<HundredScores>(disk.after_cut)->run == 0);
  const auto layout = einet::detail::slot_layout<HundredScores>(einet::detail::disk_block);
  CHECK(std::equal(synced[0].begin() + static_cast<std::ptrdiff_t>(layout.record(0)), synced[0].end(),
                   synced[1].begin() + static_cast<std::ptrdiff_t>(layout.record(0))));
}

TEST_CASE("if a writer died before it synced, a power cut under the next one leaves an answer in the file",
          "[run][durable_slot]") {
  const SlotDisk disk;
  FileBytes synced;
  {
    DurableSlot<HundredScores> slot(disk.path);
    slot.publish(scores_of(1, 1), 1);
    synced = einet::test::file_bytes(disk.path);
  }
  const pid_t child = fork();
  if (child == 0) {
    DurableSlot<HundredScores> slot(disk.path);
    std::function<int(int)> die = [](int) -> int { _exit(0); };
    instead_of_sync = &die;
    slot.publish(scores_of(2, 1), 1);
    _exit(1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  REQUIRE(read_slot_file<HundredScores>(disk.path)->newest->output == scores_of(2, 1));

  // The next one writes, and the power is cut in each of its syncs: what was written since the last sync is
  // lost or partly there.
  std::mt19937 random(1);
  std::size_t lost = 0;
  std::function<int(int)> cut = [&](int) {
    const FileBytes written = einet::test::file_bytes(disk.path);
    for (std::size_t k = 0; k < 50; ++k) {
      disk.put_after_cut(torn(synced, written, random));
      const auto found = read_slot_file<HundredScores>(disk.after_cut);
      if (!found || !found->newest) ++lost;
    }
    synced = written;
    return 0;
  };
  instead_of_sync = &cut;
  {
    DurableSlot<HundredScores> next(disk.path);
    next.publish(scores_of(3, 1), 1);
    next.publish(scores_of(3, 2), 1);
  }
  instead_of_sync = nullptr;
  CHECK(lost == 0);
}

TEST_CASE("if a writer died before it synced the folder, the next one does", "[run][durable_slot]") {
  const SlotDisk disk;
  const auto is_folder = [](int descriptor) {
    struct stat found {};
    return fstat(descriptor, &found) == 0 && S_ISDIR(found.st_mode);
  };
  const pid_t child = fork();
  if (child == 0) {
    std::function<int(int)> die = [&](int descriptor) -> int {
      if (is_folder(descriptor)) _exit(0);
      return 0;
    };
    instead_of_sync = &die;
    const DurableSlot<HundredScores> slot(disk.path);
    _exit(1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);

  std::size_t folders = 0;
  std::function<int(int)> count = [&](int descriptor) {
    folders += is_folder(descriptor) ? 1 : 0;
    return 0;
  };
  instead_of_sync = &count;
  { const DurableSlot<HundredScores> next(disk.path); }
  instead_of_sync = nullptr;
  CHECK(folders == 1);
}

TEST_CASE("an output that the disk does not take is reported, and the last that it took stays",
          "[run][durable_slot]") {
  const SlotDisk disk;
  {
    DurableSlot<HundredScores> slot(disk.path);
    slot.publish(scores_of(1, 1), 1);
    std::function<int(int)> fail = [](int) {
      errno = EIO;
      return -1;
    };
    instead_of_sync = &fail;
    for (std::uint64_t number = 2; number <= 5; ++number) {
      slot.publish(scores_of(1, number), 1);
      CHECK(slot.last_error() == std::errc::io_error);
      CHECK(slot.read()->output == scores_of(1, number));
      // The record that was taken must still be there, next to one without a valid header.
      const auto layout = einet::detail::slot_layout<HundredScores>(einet::detail::disk_block);
      const auto file = einet::detail::SlotFile::for_reading({disk.path.string(), false});
      std::size_t kept = 0;
      for (std::size_t k = 0; k < 2; ++k) {
        einet::detail::SealedRecord<HundredScores>::Words words{};
        file.read(words.data(), sizeof(words), layout.record(k));
        const auto held = einet::detail::SealedRecord<HundredScores>::snapshot(words);
        kept += held.newest && held.newest->output == scores_of(1, 1) ? 1 : 0;
      }
      CHECK(kept == 1);
    }
    instead_of_sync = nullptr;
    slot.publish(scores_of(1, 6), 1);
    CHECK_FALSE(slot.last_error());
    CHECK(read_slot_file<HundredScores>(disk.path)->newest->output == scores_of(1, 6));

    REQUIRE(redirect(disk.path, "/dev/full", O_WRONLY) == 1);
    slot.publish(scores_of(1, 7), 1);
    CHECK(slot.last_error() == std::errc::no_space_on_device);
    CHECK(slot.read()->output == scores_of(1, 7));
  }
  CHECK(read_slot_file<HundredScores>(disk.path)->newest->output == scores_of(1, 6));
}

TEST_CASE("a durable slot counts its runs, and forgets or keeps the last answer between them",
          "[run][durable_slot]") {
  const SlotDisk disk;
  const auto in_file = [](const fs::path& path) { return read_slot_file<HundredScores>(path).value(); };
  {
    DurableSlot<HundredScores> slot(disk.folder / "forgets");
    einet::test::forgets_between_runs(slot, [&] { return in_file(disk.folder / "forgets"); });
    CHECK(slot.snapshot() == in_file(disk.folder / "forgets"));
  }
  const einet::SlotOptions keep{.between_runs = einet::BetweenRuns::keep};
  {
    DurableSlot<HundredScores> slot(disk.path, keep);
    einet::test::keeps_between_runs(slot, [&] { return in_file(disk.path); });
    CHECK(slot.snapshot() == in_file(disk.path));
  }
  DurableSlot<HundredScores> next(disk.path, keep);
  CHECK(next.snapshot().run == 3);
  next.begin_run();
  CHECK(next.snapshot() == in_file(disk.path));
  CHECK(next.snapshot().run == 4);
  CHECK(next.snapshot().answer_run == 3);
  CHECK(next.read() == einet::Published<HundredScores>{scores_of(3, 1), 2});
}

TEST_CASE("a durable record with the greatest sequence number does not hide the next output",
          "[run][durable_slot]") {
  const SlotDisk disk;
  using Record = einet::detail::SealedRecord<HundredScores>;
  const auto layout = einet::detail::slot_layout<HundredScores>(einet::detail::disk_block);
  for (const std::uint64_t sequence : {~std::uint64_t{1}, ~std::uint64_t{3}, std::uint64_t{1} << 63}) {
    { const DurableSlot<HundredScores> slot(disk.path); }
    const auto words = Record::sealed(Record::holding(sequence, 7, scores_of(7, 1), 1));
    for (std::size_t which = 0; which < 2; ++which)
      einet::test::overwrite(disk.path, layout.record(which), words.data(), sizeof(words));
    DurableSlot<HundredScores> slot(disk.path);
    CHECK(slot.read() == einet::Published<HundredScores>{scores_of(7, 1), 1});
    for (std::uint64_t number = 2; number < 6; ++number) {
      slot.publish(scores_of(8, number), 1);
      CHECK(slot.read() == einet::Published<HundredScores>{scores_of(8, number), 1});
      CHECK(read_slot_file<HundredScores>(disk.path) == slot.snapshot());
    }
    fs::remove(disk.path);
  }
}

TEST_CASE("a durable slot reports that its file was removed, replaced, cut or overwritten",
          "[run][durable_slot]") {
  const SlotDisk disk;
  std::optional<DurableSlot<HundredScores>> slot(std::in_place, disk.path);
  std::uint64_t number = 0;
  const auto told = [&] {
    slot->publish(scores_of(1, ++number), 1);
    CHECK(slot->read()->output == scores_of(1, number));
    return slot->last_error();
  };
  const auto anew = [&] {
    slot.reset();
    fs::remove(disk.path);
    slot.emplace(disk.path);
    CHECK_FALSE(told());
  };
  CHECK_FALSE(told());
  const fs::path elsewhere = disk.folder / "elsewhere";

  SECTION("removed") {
    fs::remove(disk.path);
    CHECK(told() == std::errc::no_such_file_or_directory);
    CHECK(told() == std::errc::no_such_file_or_directory);
    slot->begin_run();
    CHECK(slot->last_error() == std::errc::no_such_file_or_directory);
    std::ofstream{disk.path} << "another's";
    CHECK(told() == std::errc::no_such_file_or_directory);
  }
  SECTION("moved away, and back") {
    fs::rename(disk.path, elsewhere);
    CHECK(told() == std::errc::no_such_file_or_directory);
    std::ofstream{disk.path} << "another's";
    CHECK(told() == std::error_code(ESTALE, std::generic_category()));
    fs::rename(elsewhere, disk.path);
    CHECK_FALSE(told());
    CHECK(read_slot_file<HundredScores>(disk.path)->newest == slot->read());
  }
  SECTION("replaced by a copy") {
    fs::copy_file(disk.path, elsewhere);
    fs::rename(elsewhere, disk.path);
    CHECK(told());
    CHECK(told());
  }
  SECTION("made shorter or longer") {
    const auto size = fs::file_size(disk.path);
    for (const std::uintmax_t other :
         {std::uintmax_t{0}, std::uintmax_t{63}, std::uintmax_t{64}, size / 2, size - 1, size + 1}) {
      // Writing makes the file longer again: its header may be lost, or nothing.
      for (int turn = 0; turn < 2; ++turn) {
        CAPTURE(other, turn);
        anew();
        if (turn == 1) CHECK_FALSE(told());
        fs::resize_file(disk.path, other);
        const bool error = static_cast<bool>(told());
        bool readable = false;
        try {
          readable = read_slot_file<HundredScores>(disk.path)->newest == slot->read();
        } catch (const einet::SlotError&) {
        }
        CHECK(error != readable);
        if (other < 64 || other > size) CHECK(slot->last_error() == std::errc::bad_message);
      }
    }
  }
  SECTION("overwritten") {
    const std::array<char, 64> other{};
    einet::test::overwrite(disk.path, 0, other.data(), other.size());
    CHECK(told() == std::errc::bad_message);
  }
}

TEST_CASE("a durable slot with a relative path works when the process changes its folder",
          "[run][durable_slot]") {
  const SlotDisk disk;
  const fs::path before = fs::current_path();
  fs::current_path(disk.folder);
  DurableSlot<HundredScores> slot("slot");
  fs::current_path(before);
  slot.publish(scores_of(1, 1), 1);
  CHECK_FALSE(slot.last_error());
  CHECK(read_slot_file<HundredScores>(disk.path)->newest == slot.read());
}

TEST_CASE("a sync that a signal cuts short is done again", "[run][durable_slot]") {
  const SlotDisk disk;
  int calls = 0;
  std::function<int(int)> cut_short = [&](int descriptor) {
    if (++calls % 3 != 0) {
      errno = EINTR;
      return -1;
    }
    return static_cast<int>(syscall(SYS_fsync, descriptor));
  };
  instead_of_sync = &cut_short;
  {
    DurableSlot<HundredScores> slot(disk.path);
    slot.publish(scores_of(1, 1), 1);
    CHECK_FALSE(slot.last_error());
  }
  instead_of_sync = nullptr;
  CHECK(calls >= 12);
}

TEST_CASE(
    "a thread that is cancelled while it publishes completes the output, and can be cancelled afterwards",
    "[run][durable_slot]") {
  const SlotDisk disk;
  const pid_t child = fork();  // an exception through publish() would end it
  REQUIRE(child >= 0);
  if (child == 0) {
    std::atomic<bool> can_be_cancelled{false};
    std::function<int(int)> cancel = [&](int) {
      pthread_cancel(pthread_self());
      pthread_testcancel();
      return 0;
    };
    DurableSlot<HundredScores> slot(disk.path);
    instead_of_sync = &cancel;
    std::thread writer([&] {
      slot.publish(scores_of(1, 1), 1);
      int state = PTHREAD_CANCEL_DISABLE;
      pthread_setcancelstate(PTHREAD_CANCEL_DISABLE,
                             &state);  // the address sanitizer dislikes the thread's end
      can_be_cancelled.store(state == PTHREAD_CANCEL_ENABLE);
    });
    writer.join();
    const auto held = read_slot_file<HundredScores>(disk.path);
    _exit(can_be_cancelled.load() && held->newest == slot.read() && slot.read() ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("a durable slot's records and header notice any byte changed", "[run][durable_slot]") {
  const SlotDisk disk;
  {
    DurableSlot<HundredScores> slot(disk.path);
    slot.publish(scores_of(1, 1), 1);
    slot.publish(scores_of(1, 2), 2);
  }
  const FileBytes good = einet::test::file_bytes(disk.path);
  const auto layout = einet::detail::slot_layout<HundredScores>(einet::detail::disk_block);
  const auto newest = static_cast<std::size_t>(layout.record(0));
  std::size_t unnoticed = 0;
  const auto flipped = [&](std::size_t at) {
    FileBytes spoilt = good;
    spoilt[at] = static_cast<char>(spoilt[at] ^ 1);
    disk.put_after_cut(spoilt);
  };
  for (std::size_t at = newest; at < newest + sizeof(einet::detail::SealedRecord<HundredScores>::Words);
       ++at) {
    flipped(at);
    const auto found = read_slot_file<HundredScores>(disk.after_cut);
    if (!found || found->newest->output != scores_of(1, 1)) ++unnoticed;
  }
  CHECK(unnoticed == 0);
  for (std::size_t at = 0; at < 64; ++at) {
    flipped(at);
    CHECK_THROWS_AS(read_slot_file<HundredScores>(disk.after_cut), einet::SlotError);
    CHECK_THROWS_AS(DurableSlot<HundredScores>(disk.after_cut), einet::SlotError);
  }
}

TEST_CASE("publishing to a durable slot allocates nothing", "[run][durable_slot][hot_path]") {
  const SlotDisk disk;
  DurableSlot<HundredScores> slot(disk.path);
  const HundredScores output = scores_of(1, 1);
  const std::size_t before = einet::test::allocations();
  slot.begin_run();
  slot.publish(output, 1);
  const auto seen = slot.read();
  CHECK(einet::test::allocations() == before);
  CHECK(seen->output == output);
}

// Files that may not be opened as a slot are refused, with a message that names the file and what is wrong
// with it.

#include "catch.hpp"
#include "posix/slot_outputs.hpp"
#include "support.hpp"

#include <einet/posix/durable_slot.hpp>
#include <einet/posix/shared_slot.hpp>
#include <einet/posix/stored_records.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using einet::Answer;
using einet::SharedSlot;
using einet::SharedSlotReader;
using einet::SlotError;
using einet::test::ContainsSubstring;

namespace {

/// Called in place of posix_fallocate and fchmod if a test sets them.
std::function<int(int, off_t, off_t)>* instead_of_fallocate = nullptr;
std::function<int(int, mode_t)>* instead_of_fchmod = nullptr;

}  // namespace

extern "C" int posix_fallocate(int descriptor, off_t from, off_t size) {
  if (instead_of_fallocate != nullptr) return (*instead_of_fallocate)(descriptor, from, size);
  return fallocate(descriptor, 0, from, size) == 0 ? 0 : errno;
}
extern "C" int fchmod(int descriptor, mode_t mode) noexcept {
  if (instead_of_fchmod != nullptr) return (*instead_of_fchmod)(descriptor, mode);
  return static_cast<int>(syscall(SYS_fchmod, descriptor, mode));
}

namespace {

/// A user's own output, as large as Scores<2>.
struct OwnOutput {
  std::array<std::uint32_t, 4> words;
};

}  // namespace

template <>
inline constexpr std::uint64_t einet::slot_output_id<OwnOutput> = 1017;

namespace {

namespace fs = std::filesystem;

/// A scratch folder with a valid slot, which holds the answer 7 of exit 2.
struct SlotFolder {
  fs::path folder = einet::test::scratch_folder("slot-file");
  fs::path path = folder / "slot";

  SlotFolder() {
    auto slot = SharedSlot<Answer>::in_file(path);
    slot.publish(Answer{7, 0.5f}, 2);
  }
  SlotFolder(const SlotFolder&) = delete;
  SlotFolder& operator=(const SlotFolder&) = delete;
  ~SlotFolder() { fs::remove_all(folder); }
};

using Header = einet::detail::SlotLayout::Header;

void set_field(const fs::path& path, std::size_t field, std::uint64_t value) {
  Header header{};
  const auto bytes = einet::test::file_bytes(path);
  std::memcpy(header.data(), bytes.data(), sizeof(header));
  header[field] = value;
  header[7] = einet::detail::SlotLayout::sum(header);
  einet::test::overwrite(path, 0, header.data(), sizeof(header));
}

template <class Output>
void refused_by_reader(const fs::path& path, const std::string& field, const std::string& complaint) {
  CAPTURE(field);
  CHECK_THROWS_WITH(SharedSlotReader<Output>::in_file(path),
                    ContainsSubstring(path.string() + ": " + field) && ContainsSubstring(complaint));
}

void refused(const fs::path& path, const std::string& field, const std::string& complaint) {
  refused_by_reader<Answer>(path, field, complaint);
  CHECK_THROWS_WITH(SharedSlot<Answer>::in_file(path),
                    ContainsSubstring(path.string() + ": " + field) && ContainsSubstring(complaint));
}

}  // namespace

TEST_CASE("a slot's file is readable and writable by its owner alone, whatever the umask",
          "[run][slot_file]") {
  const fs::path folder = einet::test::scratch_folder("slot-umask");
  for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{0777}}) {
    const fs::path path = folder / std::to_string(mask);
    const mode_t before = umask(mask);
    { const auto slot = SharedSlot<Answer>::in_file(path); }
    umask(before);
    struct stat found {};
    REQUIRE(stat(path.c_str(), &found) == 0);
    CHECK((found.st_mode & 07777) == 0600);
  }
  fs::remove_all(folder);
}

TEST_CASE("a path that is not a file, or is another user's, is refused", "[run][slot_file]") {
  const SlotFolder good;
  CHECK(SharedSlotReader<Answer>::in_file(good.path).read()->output.label == 7);

  refused_by_reader<Answer>(good.folder / "missing", "file", "No such file");
  CHECK_THROWS_AS(SharedSlot<Answer>::in_file(good.folder / "no" / "such" / "folder"), SlotError);
  CHECK_THROWS_AS(SharedSlotReader<Answer>::in_memory("/einet-test-missing"), SlotError);

  fs::create_symlink(good.path, good.folder / "link");
  refused(good.folder / "link", "file", "symbolic link");
  fs::create_symlink(good.folder / "nowhere", good.folder / "dangling");
  refused(good.folder / "dangling", "file", "symbolic link");
  CHECK_FALSE(fs::exists(good.folder / "nowhere"));

  fs::create_directory(good.folder / "folder");
  refused(good.folder / "folder", "file", "");
  REQUIRE(mkfifo((good.folder / "fifo").c_str(), 0600) == 0);
  refused(good.folder / "fifo", "file", "not a regular file");
  refused_by_reader<Answer>("/dev/null", "file", "not a regular file");

  for (const auto mode : {mode_t{0644}, mode_t{0620}, mode_t{0606}, mode_t{0400}, mode_t{04600}}) {
    REQUIRE(chmod(good.path.c_str(), mode) == 0);
    if (mode != 0400 || geteuid() == 0) refused(good.path, "mode is ", "expected 0600");
  }
  REQUIRE(chmod(good.path.c_str(), 0600) == 0);
  if (geteuid() == 0) {  // only root may give a file away
    REQUIRE(chown(good.path.c_str(), 65534, 65534) == 0);
    refused(good.path, "owner is ", "65534, expected 0");
    REQUIRE(chown(good.path.c_str(), 0, 0) == 0);
  }
  CHECK(SharedSlotReader<Answer>::in_file(good.path).read()->output.label == 7);
}

TEST_CASE("a file of another size, layout or output is refused", "[run][slot_file]") {
  const SlotFolder good;
  const auto size = fs::file_size(good.path);
  const std::string expected = "expected " + std::to_string(size);
  for (const std::uintmax_t other : {size - 1, size / 2, std::uintmax_t{64}, size + 1, 100 * size}) {
    fs::resize_file(good.path, other);
    refused(good.path, "size", expected);
  }
  fs::resize_file(good.path, 63);
  refused(good.path, "checksum", "damaged");
  fs::resize_file(good.path, 3);
  refused(good.path, "magic", "not a result slot");
  fs::resize_file(good.path, 0);
  refused_by_reader<Answer>(good.path, "magic", "no writer has finished");

  const SlotFolder other;
  refused_by_reader<einet::Scores<10>>(other.path, "output size", "is 8, expected 48");
  set_field(other.path, 1, 1);  // a slot of an earlier einet
  refused(other.path, "layout version is 1", "expected 2");
  set_field(other.path, 1, 2);
  set_field(other.path, 3, 1000);
  refused(other.path, "output type", "is 1000, expected 1");
  set_field(other.path, 3, 1);
  set_field(other.path, 4, 4096);
  refused(other.path, "block size", "is 4096, expected 64");
  set_field(other.path, 4, 64);
  set_field(other.path, 6, ~std::uint64_t{0});
  refused(other.path, "whole size", "expected");
  const std::string text(static_cast<std::size_t>(size), 'x');
  einet::test::overwrite(other.path, 0, text.data(), text.size());
  refused(other.path, "magic", "not a result slot");

  // Of the same size, but not the same.
  static_assert(sizeof(einet::Scores<2>) == sizeof(OwnOutput));
  const fs::path scores = good.folder / "scores";
  { const auto slot = SharedSlot<einet::Scores<2>>::in_file(scores); }
  refused_by_reader<OwnOutput>(scores, "output type", "is 2, expected 1017");
}

TEST_CASE("a header with any byte changed is refused", "[run][slot_file]") {
  const SlotFolder good;
  for (std::size_t at = 0; at < sizeof(Header); ++at) {
    CAPTURE(at);
    einet::test::flip_byte(good.path, at);
    refused(good.path, at < 8 ? "magic" : at < 16 ? "layout version" : "checksum", "");
    einet::test::flip_byte(good.path, at);
  }
  CHECK(SharedSlotReader<Answer>::in_file(good.path).read()->output.label == 7);
}

TEST_CASE("a slot has one writer, and may have another once that is gone", "[run][slot_file]") {
  const SlotFolder good;
  {
    const auto first = SharedSlot<Answer>::in_file(good.path);
    CHECK_THROWS_WITH(SharedSlot<Answer>::in_file(good.path),
                      ContainsSubstring(good.path.string() + ": lock: another writer"));
    const pid_t child = fork();
    if (child == 0) {
      bool was_refused = false;
      try {
        const auto second = SharedSlot<Answer>::in_file(good.path);
      } catch (const SlotError&) {
        was_refused = true;
      }
      _exit(was_refused ? 0 : 1);
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(SharedSlotReader<Answer>::in_file(good.path).read()->output.label == 7);
  }
  CHECK(SharedSlot<Answer>::in_file(good.path).read()->output.label == 7);
}

TEST_CASE("a slot whose writer died creating it is completed by the next", "[run][slot_file]") {
  const SlotFolder good;
  const auto size = fs::file_size(good.path);
  const auto reopened = [&] {
    refused_by_reader<Answer>(good.path, "magic", "no writer has finished");
    auto slot = SharedSlot<Answer>::in_file(good.path);
    CHECK_FALSE(slot.read());
    slot.publish(Answer{3, 0.25f}, 1);
    CHECK(SharedSlotReader<Answer>::in_file(good.path).read()->output.label == 3);
    CHECK(fs::file_size(good.path) == size);
  };
  fs::resize_file(good.path, 0);
  reopened();
  // Some file systems allocate block by block.
  for (const std::uintmax_t part : {std::uintmax_t{1}, size / 2, size - 1}) {
    fs::resize_file(good.path, 0);
    fs::resize_file(good.path, part);
    reopened();
  }
  const Header none{};
  einet::test::overwrite(good.path, 0, none.data(), sizeof(none));
  reopened();
  // A shorter file that holds something is somebody's.
  fs::resize_file(good.path, 0);
  fs::resize_file(good.path, size - 1);
  const char somebodys = 1;
  einet::test::overwrite(good.path, size - 2, &somebodys, 1);
  CHECK_THROWS_AS(SharedSlot<Answer>::in_file(good.path), SlotError);
  CHECK(fs::file_size(good.path) == size - 1);
}

TEST_CASE("a limit on the size of files is an immediate error, and leaves no slot", "[run][slot_file]") {
  const fs::path folder = einet::test::scratch_folder("slot-limit");
  const fs::path path = folder / "slot";

  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit small = before;
  small.rlim_cur = 100;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::string complaint;
  try {
    const auto slot = SharedSlot<Answer>::in_file(path);
  } catch (const SlotError& error) {
    complaint = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK_THAT(complaint, ContainsSubstring(path.string() + ": file: cannot be allocated: File too large"));
  CHECK_FALSE(fs::exists(path));
  fs::remove_all(folder);
}

namespace {

/// Runs `check` in its own process, with `folder` a tmpfs of this many bytes that no other process sees and
/// that goes with the process. @return what `check` returned, or nothing if mounting is not permitted
template <class Check>
std::optional<int> on_small_disk(const fs::path& folder, const std::string& size, Check check) {
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", folder.c_str(), "tmpfs", 0, ("size=" + size).c_str()) != 0)
      _exit(77);
    _exit(check());
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
    WARN("a full disk was not tried: this user may not mount one");
    return std::nullopt;
  }
  return status;
}

/// The error when `open` makes a slot.
template <class Open>
std::string said(Open open) {
  try {
    open();
  } catch (const SlotError& error) {
    return error.what();
  }
  return "nothing";
}

bool tells_full(const std::string& complaint) {
  return complaint.find("cannot be allocated: No space left on device") != std::string::npos;
}

void fill_up(const fs::path& folder) {
  std::ofstream filler(folder / "filler");
  const std::string page(4096, 'x');
  while (filler << page << std::flush) {
  }
}

/// So large that its records take their own pages.
using Pages = einet::Scores<5000>;

/// A slot without an output as a tool that saves space for zeros leaves it: its size, a header, and holes.
template <class Output>
void make_sparse_slot(const fs::path& path, std::uint64_t block) {
  const auto layout = einet::detail::slot_layout<Output>(block);
  const auto header = layout.header();
  using Record = einet::detail::SealedRecord<Output>;
  const auto record = Record::sealed(Record::without_output(2, 0));
  std::ofstream{path};
  REQUIRE(chmod(path.c_str(), 0600) == 0);
  fs::resize_file(path, layout.size());
  einet::test::overwrite(path, 0, header.data(), sizeof(header));
  einet::test::overwrite(path, layout.record(0), record.data(), 64);
}

/// Bytes of the disk that a file takes.
std::uint64_t taken(const fs::path& path) {
  struct stat found {};
  REQUIRE(stat(path.c_str(), &found) == 0);
  return static_cast<std::uint64_t>(found.st_blocks) * 512;
}

}  // namespace

TEST_CASE("a full disk is an error before the first output, and leaves no slot", "[run][slot_file]") {
  const fs::path folder = einet::test::scratch_folder("slot-full-disk");
  const fs::path path = folder / "slot";
  const auto status = on_small_disk(folder, "4k", [&] {
    fill_up(folder);
    const std::string complaint = said([&] { const auto slot = SharedSlot<Answer>::in_file(path); });
    return tells_full(complaint) && !fs::exists(path) ? 0 : 1;
  });
  if (status) CHECK(*status == 0);
  fs::remove_all(folder);
}

TEST_CASE("a sparse slot that is taken over gets its space, or is an error and stays", "[run][slot_file]") {
  const fs::path folder = einet::test::scratch_folder("slot-sparse");
  const fs::path path = folder / "slot";
  const auto take_over = [&](bool durable) {
    if (durable)
      const einet::DurableSlot<Pages> slot(path);
    else
      SharedSlot<Pages>::in_file(path).publish(Pages{}, 1);  // a SIGBUS without the space
  };
  for (const bool durable : {false, true}) {
    CAPTURE(durable);
    const std::uint64_t block = durable ? einet::detail::disk_block : einet::detail::cache_line;
    for (const bool supported : {true, false}) {
      CAPTURE(supported);
      std::function<int(int, off_t, off_t)> cannot = [](int, off_t, off_t) { return EOPNOTSUPP; };
      make_sparse_slot<Pages>(path, block);
      const auto before = einet::test::file_bytes(path);
      const bool has_holes = taken(path) < fs::file_size(path);
      instead_of_fallocate = supported ? nullptr : &cannot;
      {
        const auto file = einet::detail::SlotFile::for_writing(
            {path.string(), false}, einet::detail::slot_layout<Pages>(block),
            einet::detail::SealedRecord<Pages>::without_output(2, 0), durable);
      }
      instead_of_fallocate = nullptr;
      if (has_holes) CHECK(taken(path) >= fs::file_size(path));
      CHECK(einet::test::file_bytes(path) == before);
      take_over(durable);
      fs::remove(path);
    }
    for (const bool supported : {true, false}) {
      const auto status = on_small_disk(folder, "64k", [&] {
        std::function<int(int, off_t, off_t)> cannot = [](int, off_t, off_t) { return EINVAL; };
        make_sparse_slot<Pages>(path, block);
        fill_up(folder);
        if (!supported) instead_of_fallocate = &cannot;
        const std::string complaint = said([&] { take_over(durable); });
        return tells_full(complaint) && fs::exists(path) ? 0 : 1;
      });
      if (status) CHECK(*status == 0);
    }
  }
  fs::remove_all(folder);
}

TEST_CASE("reserving space is resumed after a signal, and reports every other error", "[run][slot_file]") {
  const fs::path folder = einet::test::scratch_folder("slot-space");
  const fs::path path = folder / "slot";
  int calls = 0;
  std::function<int(int, off_t, off_t)> cut_short = [&](int descriptor, off_t from, off_t size) {
    if (++calls % 4 != 0) return EINTR;
    return fallocate(descriptor, 0, from, size) == 0 ? 0 : errno;
  };
  instead_of_fallocate = &cut_short;
  { auto slot = SharedSlot<Answer>::in_file(path); }
  { auto slot = SharedSlot<Answer>::in_file(path); }
  CHECK(calls == 8);
  std::function<int(int, off_t, off_t)> fail = [](int, off_t, off_t) { return EIO; };
  instead_of_fallocate = &fail;
  CHECK_THROWS_WITH(SharedSlot<Answer>::in_file(path), ContainsSubstring("cannot be allocated"));
  CHECK(fs::exists(path));
  CHECK_THROWS_WITH(SharedSlot<Answer>::in_file(folder / "new"), ContainsSubstring("cannot be allocated"));
  CHECK_FALSE(fs::exists(folder / "new"));
  instead_of_fallocate = nullptr;
  fs::remove_all(folder);
}

TEST_CASE("a slot of large outputs is made with few writes", "[run][slot_file]") {
  struct MiB {
    std::array<char, 1 << 20> bytes;
  };
  const auto writes = [] {
    std::ifstream file("/proc/self/io");
    std::string name;
    for (std::uint64_t value = 0; file >> name >> value;)
      if (name == "syscw:") return value;
    return std::uint64_t{0};
  };
  if (writes() == 0) {
    WARN("not tried: this system does not count a process's writes");
    return;
  }
  const fs::path folder = einet::test::scratch_folder("slot-large");
  const std::uint64_t before = writes();
  const auto layout = einet::detail::slot_layout<MiB>(einet::detail::disk_block);
  const auto record = std::make_unique<std::array<std::uint64_t, 8>>();
  {
    const auto file =
        einet::detail::SlotFile::for_writing({(folder / "slot").string(), false}, layout, *record, false);
    CHECK(fs::file_size(folder / "slot") == layout.size());
  }
  CHECK(writes() - before < 20);
  fs::remove_all(folder);
}

TEST_CASE("a slot's group may read it if both sides say so", "[run][slot_file]") {
  const fs::path folder = einet::test::scratch_folder("slot-group");
  const fs::path path = folder / "slot";
  const einet::SlotOptions group{.access = einet::SlotAccess::group};
  const mode_t mask = umask(0777);
  SharedSlot<Answer>::in_file(path, group).publish(Answer{7, 0.5f}, 2);
  umask(mask);
  struct stat found {};
  REQUIRE(stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 07777) == 0640);
  CHECK(SharedSlotReader<Answer>::in_file(path, einet::SlotAccess::group).read()->output.label == 7);
  CHECK(einet::read_slot_file<Answer>(path, einet::SlotAccess::group)->newest->output.label == 7);
  refused(path, "mode is ", "0640, expected 0600");
  REQUIRE(chmod(path.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(SharedSlot<Answer>::in_file(path, group),
                    ContainsSubstring("mode is 0600, expected 0640"));
  for (const auto mode : {mode_t{0660}, mode_t{0644}, mode_t{02640}}) {
    REQUIRE(chmod(path.c_str(), mode) == 0);
    CHECK_THROWS_WITH(SharedSlotReader<Answer>::in_file(path, einet::SlotAccess::group),
                      ContainsSubstring("expected 0640"));
  }
  REQUIRE(chmod(path.c_str(), 0640) == 0);
  if (geteuid() != 0) {
    WARN("other users were not tried: this one may not become them");
    fs::remove_all(folder);
    return;
  }
  const auto as = [&](gid_t own, gid_t further, auto look) {
    const pid_t child = fork();
    if (child == 0) {
      const bool changed = setgroups(1, &further) == 0 && setgid(own) == 0 && setuid(65533) == 0;
      _exit(changed ? look() : 77);
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    return WEXITSTATUS(status);
  };
  const auto reads = [&] {
    return said([&] {
             const auto slot = SharedSlotReader<Answer>::in_file(path, einet::SlotAccess::group);
             if (slot.read()->output.label != 7) _exit(1);
           }) == "nothing"
               ? 0
               : 2;
  };
  REQUIRE(chown(path.c_str(), 0, 65531) == 0);
  CHECK(as(65531, 65532, reads) == 0);
  CHECK(as(65532, 65531, reads) == 0);
  CHECK(as(65532, 65532, reads) == 2);
  CHECK(as(65531, 65531, [&] {
          const std::string owner = said([&] { const auto slot = SharedSlotReader<Answer>::in_file(path); });
          const std::string writes = said([&] {
            const auto slot = SharedSlot<Answer>::in_file(path, {.access = einet::SlotAccess::group});
          });
          return owner.find("owner is 0, expected 65533") != std::string::npos &&
                         writes.find("Permission denied") != std::string::npos
                     ? 0
                     : 3;
        }) == 0);
  // Root may open everything, but even root refuses another user's file.
  REQUIRE(chown(path.c_str(), 65533, 65531) == 0);
  CHECK_THROWS_WITH(SharedSlotReader<Answer>::in_file(path, einet::SlotAccess::group),
                    ContainsSubstring("owner is 65533, expected 0"));
  fs::remove_all(folder);
}

TEST_CASE("if modes cannot be set a slot is refused, unless the rights of the mount are accepted",
          "[run][slot_file]") {
  const fs::path folder = einet::test::scratch_folder("slot-as-mounted");
  const fs::path path = folder / "slot";
  std::function<int(int, mode_t)> as_on_vfat = [](int descriptor, mode_t) {
    syscall(SYS_fchmod, descriptor, 0755);
    errno = EPERM;
    return -1;
  };
  instead_of_fchmod = &as_on_vfat;
  CHECK_THROWS_WITH(SharedSlot<Answer>::in_file(path), ContainsSubstring("mode is 0755, expected 0600"));
  CHECK_FALSE(fs::exists(path));
  CHECK_THROWS_WITH(einet::DurableSlot<Answer>(path), ContainsSubstring("mode is 0755, expected 0600"));
  CHECK_FALSE(fs::exists(path));
  const einet::SlotOptions options{.access = einet::SlotAccess::as_mounted};
  SharedSlot<Answer>::in_file(path, options).publish(Answer{7, 0.5f}, 2);
  SharedSlot<Answer>::in_file(path, options).publish(Answer{8, 0.5f}, 2);
  instead_of_fchmod = nullptr;
  CHECK(SharedSlotReader<Answer>::in_file(path, einet::SlotAccess::as_mounted).read()->output.label == 8);
  CHECK(einet::read_slot_file<Answer>(path, einet::SlotAccess::as_mounted)->newest->output.label == 8);
  refused(path, "mode is ", "0755, expected 0600");
  fs::create_symlink(path, folder / "link");
  CHECK_THROWS_WITH(SharedSlotReader<Answer>::in_file(folder / "link", einet::SlotAccess::as_mounted),
                    ContainsSubstring("symbolic link"));
  fs::remove_all(folder);
}

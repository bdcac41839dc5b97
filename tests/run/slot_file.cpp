// What may not be opened as a slot is refused, with a message that names the file and what is wrong with it.

#include "catch.hpp"
#include "run/slot_outputs.hpp"
#include "support.hpp"

#include <einet/run/output_shape.hpp>
#include <einet/run/shared_slot.hpp>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using einet::Answer;
using einet::SharedSlot;
using einet::SharedSlotReader;
using einet::SlotError;
using einet::test::ContainsSubstring;

namespace {

namespace fs = std::filesystem;

/// A scratch folder with a good slot in it, which holds the answer 7 of exit 2.
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

TEST_CASE("what is no file, or another's, is refused", "[run][slot_file]") {
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
  if (geteuid() == 0) {  // nobody else may give a file away
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
  static_assert(sizeof(einet::Scores<2>) == sizeof(einet::ShapedAnswer));
  const fs::path scores = good.folder / "scores";
  { const auto slot = SharedSlot<einet::Scores<2>>::in_file(scores); }
  refused_by_reader<einet::ShapedAnswer>(scores, "output type", "is 2, expected 3");
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

TEST_CASE("a slot has one writer, and a next one once that is gone", "[run][slot_file]") {
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

TEST_CASE("a slot whose writer died while it created it is completed by the next", "[run][slot_file]") {
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
  const Header none{};
  einet::test::overwrite(good.path, 0, none.data(), sizeof(none));
  reopened();
}

TEST_CASE("a disk without room for a slot is an error at once, and leaves no slot", "[run][slot_file]") {
  const fs::path folder = einet::test::scratch_folder("slot-full");
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
  CHECK_THAT(complaint,
             ContainsSubstring(path.string() + ": file: cannot be given its space: File too large"));
  CHECK_FALSE(fs::exists(path));

  // A disk that is full: a tmpfs of one page, mounted where no other process sees it and gone with the child.
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", folder.c_str(), "tmpfs", 0, "size=4k") != 0)
      _exit(77);
    std::ofstream(folder / "filler") << std::string(4096, 'x') << std::flush;
    try {
      const auto slot = SharedSlot<Answer>::in_file(path);
    } catch (const SlotError& error) {
      const bool told = std::string(error.what()).find("No space left on device") != std::string::npos;
      _exit(told && !fs::exists(path) ? 0 : 2);
    }
    _exit(1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  if (WEXITSTATUS(status) == 77)
    WARN("a full disk was not tried: this user may not mount one");
  else
    CHECK(status == 0);
  fs::remove_all(folder);
}

#include "catch.hpp"
#include "files.hpp"
#include "support.hpp"

#include <einet/io/atomic_file.hpp>
#include <einet/io/system_files.hpp>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace fs = std::filesystem;
using einet::io::AtomicFile;
using einet::io::FileError;
using einet::io::detail::FileRights;
using einet::io::detail::SystemFiles;
using einet::test::ContainsSubstring;
using einet::test::read_text;
using einet::test::write_text;

namespace {

/// What was synced by this process.
std::size_t synced_files = 0, synced_folders = 0;

}  // namespace

extern "C" int fsync(int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) == 0) ++(S_ISDIR(status.st_mode) ? synced_folders : synced_files);
  return static_cast<int>(syscall(SYS_fsync, descriptor));
}

namespace {

const std::vector<std::uint8_t> some_bytes{'n', 'e', 'w'};

void replace(const fs::path& path) {
  AtomicFile file(path);
  file.write(some_bytes);
  file.commit();
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

/// Records the system calls in order; one of them may fail, or throw.
struct Recorded {
  struct Log {
    std::vector<std::string> calls;
    std::string failing{};
    int error = EIO;
    std::size_t taken = 0;  ///< names that are already there
  };
  Log* log;

  int note(const std::string& call) {
    log->calls.push_back(call);
    return call == log->failing ? log->error : 0;
  }

  int create(const fs::path& path, unsigned mode, int& handle) {
    if (log->taken > 0) {
      --log->taken;
      return EEXIST;
    }
    if (const int error = note("create")) return error;
    return SystemFiles::create(path, mode, handle);
  }
  int write(int handle, std::span<const std::uint8_t> bytes) {
    const int error = note("write");
    return error != 0 ? error : SystemFiles::write(handle, bytes);
  }
  int sync(int handle) {
    const int error = note("sync");
    return error != 0 ? error : SystemFiles::sync(handle);
  }
  int close(int handle) {
    const int error = SystemFiles::close(handle);
    const int noted = note("close");
    return noted != 0 ? noted : error;
  }
  int rename(const fs::path& from, const fs::path& to) {
    const int error = note("rename");
    return error != 0 ? error : SystemFiles::rename(from, to);
  }
  int sync_folder(const fs::path& folder) {
    const int error = note("sync folder " + folder.filename().string());
    return error != 0 ? error : SystemFiles::sync_folder(folder);
  }
  void remove(const fs::path& path) noexcept {
    note("remove");
    SystemFiles::remove(path);
  }
  bool rights_of(const fs::path& path, FileRights& rights) { return SystemFiles::rights_of(path, rights); }
  void give(int handle, FileRights rights) {
    note("give");
    SystemFiles::give(handle, rights);
  }
};

using RecordedFile = einet::io::detail::BasicAtomicFile<Recorded>;

}  // namespace

TEST_CASE("what was written is there after commit, and nothing else", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("atomic");
  AtomicFile file(folder / "it");
  file.write(some_bytes);
  file.write({});
  file.write(some_bytes);
  CHECK_FALSE(fs::exists(folder / "it"));
  file.commit();
  CHECK(read_text(folder / "it") == "newnew");
  CHECK(names_in(folder) == std::vector<std::string>{"it"});
}

TEST_CASE("a file that is not committed leaves the old one as it was, and no other file", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("atomic");
  write_text(folder / "it", "old");
  {
    AtomicFile file(folder / "it");
    file.write(some_bytes);
    CHECK(names_in(folder).size() == 2);
  }
  CHECK(read_text(folder / "it") == "old");
  CHECK(names_in(folder) == std::vector<std::string>{"it"});
}

TEST_CASE("the disk has the bytes before the new name is there, and at the end the name", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("atomic");
  Recorded::Log log;
  RecordedFile file(folder / "it", {&log});
  file.write(some_bytes);
  file.write(some_bytes);
  file.commit();
  CHECK(log.calls == std::vector<std::string>{"create", "give", "write", "write", "give", "sync", "close",
                                              "rename", "sync folder " + folder.filename().string()});
  CHECK(read_text(folder / "it") == "newnew");
}

TEST_CASE("whatever fails before the new name is there, the old file stays, and no other file",
          "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("atomic");
  write_text(folder / "it", "old");
  const auto [failing, complaint] = GENERATE(table<std::string, std::string>(
      {{"create", "it: cannot be opened for writing: No space left on device"},
       {"write", "it: cannot be written: No space left on device"},
       {"sync", "it: cannot be written: No space left on device"},
       {"close", "it: cannot be written: No space left on device"},
       {"rename", "it: cannot be put in place: No space left on device"}}));
  CAPTURE(failing);
  Recorded::Log log{.calls = {}, .failing = failing, .error = ENOSPC};
  const auto write = [&] {
    RecordedFile file(folder / "it", {&log});
    file.write(some_bytes);
    file.commit();
  };
  CHECK_THROWS_WITH(write(), ContainsSubstring(complaint));
  CHECK(read_text(folder / "it") == "old");
  CHECK(names_in(folder) == std::vector<std::string>{"it"});
  CHECK(std::count(log.calls.begin(), log.calls.end(), "close") == (failing == "create" ? 0 : 1));
}

TEST_CASE("a disk that does not confirm the new name is an error that says which file is there",
          "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("atomic");
  Recorded::Log log{.calls = {}, .failing = "sync folder " + folder.filename().string()};
  RecordedFile file(folder / "it", {&log});
  file.write(some_bytes);
  CHECK_THROWS_WITH(file.commit(), ContainsSubstring("it: is in place, but may not outlast a loss of power"));
  CHECK(read_text(folder / "it") == "new");
  CHECK(names_in(folder) == std::vector<std::string>{"it"});
}

TEST_CASE("file systems that cannot sync are written to as well", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("atomic");
  for (const std::string& call : {std::string("sync"), "sync folder " + folder.filename().string()})
    for (const int error : {EINVAL, ENOTSUP}) {
      Recorded::Log log{.calls = {}, .failing = call, .error = error};
      RecordedFile file(folder / "it", {&log});
      file.write(some_bytes);
      CHECK_NOTHROW(file.commit());
    }
  CHECK(read_text(folder / "it") == "new");
}

TEST_CASE("the disk is asked for a file and for its folder", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("atomic");
  const std::size_t files = synced_files, folders = synced_folders;
  replace(folder / "it");
  CHECK(synced_files == files + 1);
  CHECK(synced_folders == folders + 1);
}

TEST_CASE("a file is made only where nothing is, not even a link that leads nowhere", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("atomic");
  write_text(folder / "there", "a user's own");
  fs::create_symlink(folder / "nowhere", folder / "link");
  for (const char* name : {"there", "link"}) {
    int handle = -1;
    CHECK(SystemFiles::create(folder / name, 0600, handle) == EEXIST);
  }
  CHECK(read_text(folder / "there") == "a user's own");
  CHECK_FALSE(fs::exists(folder / "nowhere"));
}

TEST_CASE("names that are taken are skipped, and no other file is harmed", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("atomic");
  write_text(folder / "it.part", "a user's own");
  Recorded::Log log{.calls = {}, .taken = 3};
  RecordedFile file(folder / "it", {&log});
  file.write(some_bytes);
  file.commit();
  CHECK(read_text(folder / "it") == "new");
  CHECK(read_text(folder / "it.part") == "a user's own");
  log.taken = 1000;
  CHECK_THROWS_WITH(RecordedFile(folder / "it", {&log}), ContainsSubstring("File exists"));
  CHECK(names_in(folder) == std::vector<std::string>{"it", "it.part"});
}

TEST_CASE("two writers of one file do not mix: the last to commit wins", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("atomic");
  AtomicFile first(folder / "it"), second(folder / "it");
  first.write(std::vector<std::uint8_t>(1000, 'a'));
  second.write(std::vector<std::uint8_t>(10, 'b'));
  first.write(std::vector<std::uint8_t>(1000, 'a'));
  second.commit();
  CHECK(read_text(folder / "it") == std::string(10, 'b'));
  first.commit();
  CHECK(read_text(folder / "it") == std::string(2000, 'a'));
  CHECK(names_in(folder) == std::vector<std::string>{"it"});
}

TEST_CASE("a file keeps its mode, and a new one gets what the umask leaves", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("atomic");
  for (const unsigned mode : {0600U, 0640U, 0644U, 0666U, 0755U, 0444U}) {
    write_text(folder / "it", "old");
    REQUIRE(chmod((folder / "it").c_str(), mode) == 0);
    replace(folder / "it");
    CHECK(mode_of(folder / "it") == mode);
    fs::remove(folder / "it");
  }
  for (const unsigned mask : {0022U, 0077U, 0002U}) {
    const mode_t before = umask(static_cast<mode_t>(mask));
    replace(folder / "new");
    umask(before);
    CHECK(mode_of(folder / "new") == (0666U & ~mask));
    fs::remove(folder / "new");
  }
}

TEST_CASE("a file keeps owner and group if that is permitted", "[io][file]") {
  if (geteuid() != 0) {
    WARN("not root: not tested");
    return;
  }
  const fs::path folder = einet::test::scratch_folder("atomic");
  write_text(folder / "it", "old");
  REQUIRE(chown((folder / "it").c_str(), 1234, 2345) == 0);
  REQUIRE(chmod((folder / "it").c_str(), 0640) == 0);
  replace(folder / "it");
  struct stat status {};
  REQUIRE(stat((folder / "it").c_str(), &status) == 0);
  CHECK(status.st_uid == 1234);
  CHECK(status.st_gid == 2345);
  CHECK(mode_of(folder / "it") == 0640);
}

TEST_CASE("nobody else may read a file that is not complete yet", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("atomic");
  if (GENERATE(false, true)) write_text(folder / "it", "old");
  AtomicFile file(folder / "it");
  for (const auto& name : names_in(folder))
    if (name != "it") CHECK(mode_of(folder / name) == 0600);
}

TEST_CASE("a link stays, and the file that it leads to is replaced", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("atomic");
  fs::create_directory(folder / "far");
  fs::create_symlink("far/second", folder / "first");
  fs::create_symlink("file", folder / "far" / "second");
  if (GENERATE(false, true)) write_text(folder / "far" / "file", "old");  // or it leads to no file yet
  replace(folder / "first");
  CHECK(read_text(folder / "far" / "file") == "new");
  CHECK(fs::is_symlink(folder / "first"));
  CHECK(fs::is_symlink(folder / "far" / "second"));
  CHECK(names_in(folder) == std::vector<std::string>{"far", "first"});
  CHECK(names_in(folder / "far") == std::vector<std::string>{"file", "second"});
}

TEST_CASE("links that form a circle are an error", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("atomic");
  fs::create_symlink("b", folder / "a");
  fs::create_symlink("a", folder / "b");
  CHECK_THROWS_WITH(AtomicFile(folder / "a"), ContainsSubstring("cannot be opened for writing"));
  CHECK(names_in(folder) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a program that changes its folder meanwhile finds its file where it asked for it", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("atomic");
  const fs::path before = fs::current_path();
  fs::current_path(folder);
  AtomicFile file("it");
  fs::current_path(before);
  file.write(some_bytes);
  file.commit();
  CHECK(read_text(folder / "it") == "new");
}

TEST_CASE("a name of the greatest length can be written", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("atomic");
  replace(folder / std::string(255, 'x'));
  CHECK(read_text(folder / std::string(255, 'x')) == "new");
}

TEST_CASE("a folder or device is never overwritten, nor a missing folder made", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("atomic");
  CHECK_THROWS_WITH(AtomicFile(folder), ContainsSubstring("not a regular file"));
  if (fs::exists("/dev/null")) CHECK_THROWS_AS(AtomicFile("/dev/null"), FileError);
  CHECK_THROWS_WITH(AtomicFile(folder / "none" / "it"),
                    ContainsSubstring("cannot be opened for writing: No such file or directory"));
  CHECK(names_in(folder).empty());
}

#include "catch.hpp"
#include "files.hpp"
#include "support.hpp"

#include <einet/io/file.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using einet::io::AtomicFile;
using einet::io::FileError;
using einet::test::ContainsSubstring;

namespace {

const std::vector<std::uint8_t> some_bytes{'n', 'e', 'w'};

}  // namespace

TEST_CASE("a missing file, a folder and a device are refused by name", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("file");
  CHECK_THROWS_WITH(einet::io::read_bytes(folder / "none"),
                    ContainsSubstring("none") && ContainsSubstring("no such file"));
  CHECK_THROWS_WITH(einet::io::read_bytes(folder), ContainsSubstring("is a folder"));
  if (fs::exists("/dev/zero"))
    CHECK_THROWS_WITH(einet::io::read_bytes("/dev/zero"), ContainsSubstring("not a regular file"));
}

TEST_CASE("what was written is read back, and no part file is left", "[io][file]") {
  const fs::path path = einet::test::scratch_folder("file") / "it";
  AtomicFile file(path);
  file.write(some_bytes);
  file.write(some_bytes);
  CHECK_FALSE(fs::exists(path));
  file.commit();
  CHECK(einet::test::read_text(path) == "newnew");
  CHECK_FALSE(fs::exists(path.string() + ".part"));
}

TEST_CASE("a file that is not committed leaves the old one as it was", "[io][file]") {
  const fs::path path = einet::test::scratch_folder("file") / "it";
  einet::test::write_text(path, "old");
  {
    AtomicFile file(path);
    file.write(some_bytes);
  }
  CHECK(einet::test::read_text(path) == "old");
  CHECK_FALSE(fs::exists(path.string() + ".part"));
}

TEST_CASE("a full disk is an error that names the file, and the old file stays", "[io][file]") {
  if (!fs::exists("/dev/full")) {
    WARN("no /dev/full on this machine: not tested");
    return;
  }
  const fs::path path = einet::test::scratch_folder("file") / "it";
  einet::test::write_text(path, "old");
  fs::create_symlink("/dev/full", path.string() + ".part");
  const auto write = [&](std::size_t count) {
    AtomicFile file(path);
    file.write(std::vector<std::uint8_t>(count));
    file.commit();
  };
  const std::size_t count = GENERATE(std::size_t{1}, std::size_t{1} << 20U);
  CHECK_THROWS_WITH(write(count), ContainsSubstring("it: cannot be written: No space left on device"));
  CHECK(einet::test::read_text(path) == "old");
}

TEST_CASE("a folder or device is never overwritten, nor a missing folder made", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("file");
  CHECK_THROWS_WITH(AtomicFile(folder), ContainsSubstring("not a regular file"));
  if (fs::exists("/dev/null")) CHECK_THROWS_AS(AtomicFile("/dev/null"), FileError);
  CHECK_THROWS_WITH(AtomicFile(folder / "none" / "it"), ContainsSubstring("cannot be opened for writing"));
}

TEST_CASE("a file error tells file and field apart", "[io][file]") {
  const FileError error("/a/b", "tensor 'x'", "is wrong");
  CHECK(std::string(error.what()) == "/a/b: tensor 'x': is wrong");
  CHECK(error.file() == "/a/b");
  CHECK(error.field() == "tensor 'x'");
}

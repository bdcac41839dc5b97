#include "catch.hpp"
#include "files.hpp"
#include "limited_memory.hpp"
#include "support.hpp"

#include <einet/io/file.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using einet::test::ContainsSubstring;

TEST_CASE("a missing file, a folder and a device are refused by name", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("file");
  CHECK_THROWS_WITH(einet::io::read_bytes(folder / "none"),
                    ContainsSubstring("none") && ContainsSubstring("no such file"));
  CHECK_THROWS_WITH(einet::io::read_bytes(folder), ContainsSubstring("is a folder"));
  if (fs::exists("/dev/zero"))
    CHECK_THROWS_WITH(einet::io::read_bytes("/dev/zero"), ContainsSubstring("not a regular file"));
}

TEST_CASE("a file is read whole, an empty one too", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("file");
  for (const std::string bytes : {"", "x", "some more bytes"}) {
    einet::test::write_text(folder / "it", bytes);
    const auto read = einet::io::read_bytes(folder / "it");
    CHECK(std::string(read.begin(), read.end()) == bytes);
  }
}

TEST_CASE("a file that is larger than memory is an error that says so", "[io][file]") {
  const fs::path folder = einet::test::scratch_folder("file");
  einet::test::write_text(folder / "it", "x");
  fs::resize_file(folder / "it", std::uintmax_t{1} << 32U);  // takes no space on the disk
  const auto said = einet::test::in_limited_memory(
      std::size_t{1} << 26U, [&] { return std::to_string(einet::io::read_bytes(folder / "it").size()); });
  if (!said) return;
  CHECK_THAT(*said, ContainsSubstring("it: 4294967296 bytes do not fit into memory"));
}

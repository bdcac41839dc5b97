#include "../support.hpp"
#include "catch.hpp"
#include "files.hpp"

#include <einet/io/file_error.hpp>
#include <einet/io/origin.hpp>
#include <einet/io/safetensors_reader.hpp>
#include <einet/io/safetensors_writer.hpp>

#include <filesystem>
#include <string>

using namespace einet;

TEST_CASE("A file's fingerprint is FNV-1a of its bytes", "[origin][file]") {
  // The values are those that the authors of the hash publish.
  const std::filesystem::path path = test::scratch_folder("origin") / "bytes";
  test::write_text(path, "");
  CHECK(io::file_fingerprint(path) == "cbf29ce484222325");
  test::write_text(path, "foobar");
  CHECK(io::file_fingerprint(path) == "85944171f73967e8");
  test::write_text(path, std::string(200'000, 'a'));
  const std::string long_one = io::file_fingerprint(path);
  test::write_text(path, std::string(199'999, 'a') + 'b');
  CHECK(io::file_fingerprint(path) != long_one);
  CHECK_THROWS_AS(io::file_fingerprint(path.parent_path() / "gone"), io::FileError);
}

TEST_CASE("What was made with another network, engine or number of threads is refused, with both named",
          "[origin][file]") {
  const std::filesystem::path path = test::scratch_folder("origin") / "profile.safetensors";
  const io::Origin origin{"85944171f73967e8", "einet 0.9", 1};
  {
    io::SafetensorsWriter writer(path);
    writer.set_metadata(io::describe(origin));
    writer.save();
  }
  const io::SafetensorsFile file(path);
  CHECK_NOTHROW(io::expect_origin(file, origin));
  const auto refused = [&](io::Origin other) {
    try {
      io::expect_origin(file, other);
    } catch (const io::FileError& error) {
      return std::string(error.what()).substr(path.string().size() + 2);
    }
    return std::string("nothing");
  };
  CHECK(refused({"0", "einet 0.9", 1}) ==
        "metadata 'network': was made with '85944171f73967e8', but this is '0'");
  CHECK(refused({"85944171f73967e8", "LibTorch", 1}) ==
        "metadata 'engine': was made with 'einet 0.9', but this is 'LibTorch'");
  CHECK(refused({"85944171f73967e8", "einet 0.9", 2}) ==
        "metadata 'threads': was made with '1', but this is '2'");
  {
    io::SafetensorsWriter writer(path);
    writer.save();
  }
  try {
    io::expect_origin(io::SafetensorsFile(path), origin);
    FAIL("a file without an origin was taken");
  } catch (const io::FileError& error) {
    CHECK(std::string(error.what()).find("metadata 'engine': is missing, expected 'einet 0.9'") !=
          std::string::npos);
  }
}

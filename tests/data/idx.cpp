#include "../io/files.hpp"
#include "catch.hpp"
#include "support.hpp"
#include "within_memory.hpp"

#include <einet/data/idx.hpp>

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <zlib.h>

namespace fs = std::filesystem;
using einet::data::IdxArray;
using einet::data::read_idx;
using einet::data::write_idx;
using einet::io::FileError;
using einet::test::ContainsSubstring;
using einet::test::read_text;
using einet::test::write_text;

namespace {

/// The bytes of an IDX file with 2 × 3 elements.
const std::string small_idx{
    "\0\0\x08\x02\0\0\0\x02\0\0\0\x03"
    "abcdef",
    18};

/// Compressed by zlib's own file functions, independently of the code under test.
void write_gzip(const fs::path& path, const std::string& bytes) {
  gzFile file = gzopen(path.string().c_str(), "wb");
  REQUIRE(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())) == static_cast<int>(bytes.size()));
  REQUIRE(gzclose(file) == Z_OK);
}

fs::path scratch_file() {
  return einet::test::scratch_folder("idx") / "it.idx";
}

}  // namespace

TEST_CASE("an IDX file is read plain and compressed, whatever its name", "[data][idx]") {
  const auto path = scratch_file();
  const IdxArray expected{{2, 3}, {'a', 'b', 'c', 'd', 'e', 'f'}};
  write_text(path, small_idx);
  CHECK(read_idx(path) == expected);
  write_gzip(path, small_idx);
  CHECK(read_idx(path) == expected);
  write_gzip(path, small_idx.substr(0, 14));
  const std::string first = read_text(path);
  write_gzip(path, small_idx.substr(14));
  write_text(path, first + read_text(path));
  CHECK(read_idx(path) == expected);
}

TEST_CASE("random arrays of one to four dimensions come back, plain and compressed", "[data][idx]") {
  const std::uint32_t seed = 12;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto folder = einet::test::scratch_folder("idx");
  for (std::size_t i = 0; i < einet::test::cases(60); ++i) {
    IdxArray array;
    std::size_t count = 1;
    for (std::size_t d = 0; d < 1 + i % 4; ++d) {
      array.shape.push_back(random() % 20);
      count *= array.shape.back();
    }
    // Compressible to very different degrees, because the largest possible ratio is a limit of the reader.
    const unsigned values = i % 3 == 0 ? 1 : i % 3 == 1 ? 3 : 256;
    for (std::size_t v = 0; v < count; ++v)
      array.values.push_back(static_cast<std::uint8_t>(random() % values));
    write_idx(folder / "a", array.shape, array.values);
    write_idx(folder / "a.gz", array.shape, array.values);
    CHECK(read_idx(folder / "a") == array);
    CHECK(read_idx(folder / "a.gz") == array);
    CHECK(static_cast<unsigned char>(read_text(folder / "a.gz")[0]) == 0x1f);
  }
}

TEST_CASE("ten million equal bytes, the best that gzip can compress, are read", "[data][idx]") {
  const auto path = einet::test::scratch_folder("idx") / "black.gz";
  const std::vector<std::size_t> shape{10'000'000};
  write_idx(path, shape, std::vector<std::uint8_t>(shape[0]));
  CHECK(read_idx(path).values.size() == shape[0]);
}

TEST_CASE("an IDX file cut short at any byte is refused, plain and compressed", "[data][idx]") {
  const auto path = scratch_file();
  write_gzip(path, small_idx);
  const std::string good = GENERATE_COPY(as<std::string>{}, small_idx, read_text(path));
  for (std::size_t length = 0; length < good.size(); ++length) {
    CAPTURE(length, good.size());
    write_text(path, good.substr(0, length));
    CHECK_THROWS_AS(read_idx(path), FileError);
  }
}

TEST_CASE("bytes that follow the array are refused, inside the compression and behind it", "[data][idx]") {
  const auto path = scratch_file();
  write_text(path, small_idx + "x");
  CHECK_THROWS_WITH(read_idx(path), ContainsSubstring("it.idx: has trailing bytes"));
  write_gzip(path, small_idx + "x");
  CHECK_THROWS_WITH(read_idx(path), ContainsSubstring("it.idx: has trailing bytes"));
  write_gzip(path, small_idx);
  write_text(path, read_text(path) + "xy");
  CHECK_THROWS_WITH(read_idx(path), ContainsSubstring("2 trailing bytes after the gzip stream"));
}

TEST_CASE("a gzip stream with any bit flipped is refused or still says the same", "[data][idx]") {
  const auto path = scratch_file();
  write_gzip(path, small_idx);
  const IdxArray expected = read_idx(path);
  const std::string good = read_text(path);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bytes = good;
    bytes[bit / 8] = static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) ^ (1U << (bit % 8)));
    write_text(path, bytes);
    try {
      if (read_idx(path) != expected) FAIL("bit " << bit);
    } catch (const FileError&) {
    }
  }
  write_text(path, "\x1f\x8b garbage that is no gzip stream");
  CHECK_THROWS_WITH(read_idx(path), ContainsSubstring("the gzip stream is corrupt"));
}

TEST_CASE("a file that is not an IDX file of bytes is refused by its magic number", "[data][idx]") {
  const auto path = scratch_file();
  const auto refuses = [&](std::string magic, const std::string& complaint) {
    write_text(path, magic + small_idx.substr(4));
    CHECK_THROWS_WITH(read_idx(path), ContainsSubstring("it.idx: magic number: " + complaint));
  };
  refuses(std::string("\x89PNG", 4), "not an IDX file");
  refuses(std::string("\0\x01\x08\x02", 4), "not an IDX file");
  refuses(std::string("\0\0\x0d\x02", 4), "element type 13, expected 8");
  refuses(std::string("\0\0\x08\0", 4), "0 dimensions, expected 1 to 4");
  refuses(std::string("\0\0\x08\x05", 4), "5 dimensions, expected 1 to 4");
  write_text(path, "");
  CHECK_THROWS_WITH(read_idx(path), ContainsSubstring("expected 4 bytes, found 0"));
  CHECK_THROWS_WITH(read_idx(path.parent_path()), ContainsSubstring("is a folder"));
  CHECK_THROWS_WITH(read_idx(path.string() + ".none"), ContainsSubstring("no such file"));
}

TEST_CASE("an absurd size is refused before memory is allocated, plain and compressed", "[data][idx]") {
  const auto path = scratch_file();
  const std::string huge("\xff\xff\xff\xff", 4);
  const std::string four_d = std::string("\0\0\x08\x04", 4) + huge + huge + huge + huge + "abc";
  const std::string two_d = std::string("\0\0\x08\x02", 4) + huge + huge + "abc";
  for (const bool compressed : {false, true}) {
    const auto put = [&](const std::string& bytes) {
      compressed ? write_gzip(path, bytes) : write_text(path, bytes);
    };
    put(four_d);
    CHECK_THROWS_WITH(read_idx(path), ContainsSubstring("size of dimension 2: the array does not fit in 64"));
    put(two_d);
    CHECK_THROWS_WITH(read_idx(path), ContainsSubstring("data: cut short: the header promises "
                                                        "18446744065119617025 bytes"));
  }
}

TEST_CASE("a shape that does not fit the values or the format is not written", "[data][idx]") {
  const auto path = scratch_file();
  const std::vector<std::uint8_t> values(6);
  using Shape = std::vector<std::size_t>;
  for (const Shape& bad : {Shape{}, Shape{5}, Shape{7}, Shape{2, 4}, Shape{1, 1, 1, 1, 6},
                           Shape{std::size_t{1} << 32U, 0}, Shape{std::size_t{1} << 31U, 1U << 31U, 4}})
    CHECK_THROWS_AS(write_idx(path, bad, values), FileError);
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("memory is bounded by the bytes of a compressed file, whatever its header promises",
          "[data][idx]") {
  const auto path = scratch_file();
  const std::uint32_t seed = 21;
  CAPTURE(seed);
  std::mt19937 random(seed);
  // Two megabytes that cannot be compressed, so that the file could hold a thousand times as much.
  std::string bytes = std::string("\0\0\x08\x01", 4) + std::string("\x40\0\0\0", 4);
  for (int i = 0; i < 2'000'000; ++i) bytes += static_cast<char>(random());
  write_gzip(path, bytes);
  CHECK(einet::test::within_memory(64'000'000, [&] {
    try {
      static_cast<void>(read_idx(path));
    } catch (const FileError& error) {
      return std::string(error.what()).find("data: cut short: expected 1073741824 bytes, found 2000000") !=
             std::string::npos;
    }
    return false;
  }));
  // The limit works: an array that is really that large does not fit below it.
  const std::vector<std::size_t> shape{100'000'000};
  write_idx(path.string() + ".gz", shape, std::vector<std::uint8_t>(shape[0]));
  const auto whole = [&] { return read_idx(path.string() + ".gz").values.size() == shape[0]; };
  CHECK(whole());
  CHECK_FALSE(einet::test::within_memory(64'000'000, whole));
}

TEST_CASE("compressed arrays come back at sizes around those of the pieces in which they are read",
          "[data][idx]") {
  const auto path = scratch_file().string() + ".gz";
  const std::uint32_t seed = 22;
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (const std::size_t piece : {std::size_t{1} << 16U, std::size_t{1} << 17U, std::size_t{1} << 18U})
    for (const std::size_t size : {piece - 1, piece, piece + 1}) {
      CAPTURE(size);
      std::vector<std::uint8_t> values(size);
      for (std::size_t i = 0; i < 1000; ++i) values[random() % size] = static_cast<std::uint8_t>(random());
      write_idx(path, std::vector<std::size_t>{size}, values);
      CHECK(read_idx(path).values == values);
    }
}

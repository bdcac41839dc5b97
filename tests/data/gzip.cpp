#include "catch.hpp"
#include "support.hpp"

#include <einet/data/gzip.hpp>

#include <cstdint>
#include <random>
#include <vector>

#include <zlib.h>

TEST_CASE("zlib's own reader finds what was compressed, and the bytes are the same on every run",
          "[data][gzip]") {
  const std::uint32_t seed = 8;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto path = einet::test::scratch_folder("gzip") / "it.gz";
  for (const std::size_t size : {0U, 1U, 1000U, 300000U}) {
    std::vector<std::uint8_t> bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() % 100);
    const auto packed = einet::data::gzip(bytes);
    CHECK(packed == einet::data::gzip(bytes));
    einet::io::AtomicFile file(path);
    file.write(packed);
    file.commit();
    gzFile opened = gzopen(path.string().c_str(), "rb");
    std::vector<std::uint8_t> read(size + 1);
    CHECK(gzread(opened, read.data(), static_cast<unsigned>(read.size())) == static_cast<int>(size));
    CHECK(gzclose(opened) == Z_OK);
    read.pop_back();
    CHECK(read == bytes);

    // Read in pieces, both the contents and the bound on what is left are right.
    einet::data::MaybeGzip again(path);
    std::vector<std::uint8_t> piece(7);
    for (std::size_t at = 0; at < size; at += piece.size()) {
      piece.resize((std::min)(piece.size(), size - at));
      if (again.at_most() < size - at) FAIL(at);
      again.read(piece, "piece");
      if (!std::equal(piece.begin(), piece.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at))) FAIL(at);
    }
    CHECK_NOTHROW(again.expect_end());
  }
}

TEST_CASE("a stream that lacks its checksum gives all its contents, and the end says what is missing",
          "[data][gzip]") {
  const auto path = einet::test::scratch_folder("gzip") / "it.gz";
  for (const std::size_t size : {300U, 5000U, 100000U}) {
    CAPTURE(size);
    auto packed = einet::data::gzip(std::vector<std::uint8_t>(size, 7));
    packed.resize(packed.size() - 8);
    einet::io::AtomicFile file(path);
    file.write(packed);
    file.commit();
    einet::data::MaybeGzip cut(path);
    // zlib takes the last byte of the file long before it gives out the last of the contents.
    for (std::size_t at = 0; at < size; at += 10) {
      if (cut.at_most() < size - at) FAIL(at << ": at most " << cut.at_most() << " are said to follow");
      if (cut.read(std::uint64_t{10}, "piece") != std::vector<std::uint8_t>(10, 7)) FAIL(at);
    }
    CHECK_THROWS_WITH(cut.expect_end(), einet::test::ContainsSubstring("the gzip stream is cut short"));
  }
}

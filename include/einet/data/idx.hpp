#pragma once
// IDX, the format of MNIST and similar data sets (http://yann.lecun.com/exdb/mnist): unsigned bytes, plain or
// gzip.

#include <einet/base/assert.hpp>
#include <einet/data/gzip.hpp>
#include <einet/io/file.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace einet::data {

/// An array of bytes of one to four dimensions, row-major.
struct IdxArray {
  std::vector<std::size_t> shape;  ///< outermost first
  std::vector<std::uint8_t> values;

  friend bool operator==(const IdxArray&, const IdxArray&) = default;
};

/// The array in an IDX file, gzip-compressed or not (judged by the contents, not the name).
/// @throws io::FileError if the file cannot be read, is not an IDX file of unsigned bytes with one to four
/// dimensions, is cut short or corrupt, or has trailing bytes. Memory is bounded by the bytes that are there,
/// not by the header
[[nodiscard]] inline IdxArray read_idx(const std::filesystem::path& path) {
  MaybeGzip file(path);
  std::array<std::uint8_t, 4> word{};
  file.read(word, "magic number");
  if (word[0] != 0 || word[1] != 0) EINET_THROW(io::FileError(path, "magic number", "not an IDX file"));
  if (word[2] != 0x08)
    EINET_THROW(io::FileError(path, "magic number",
                              "element type " + std::to_string(word[2]) + ", expected 8 (unsigned bytes)"));
  if (word[3] < 1 || word[3] > 4)
    EINET_THROW(
        io::FileError(path, "magic number", std::to_string(word[3]) + " dimensions, expected 1 to 4"));
  IdxArray array;
  const std::size_t dimensions = word[3];
  std::uint64_t size = 1;
  for (std::size_t d = 0; d < dimensions; ++d) {
    file.read(word, "size of dimension " + std::to_string(d));
    const std::uint64_t extent = (std::uint64_t{word[0]} << 24U) | (std::uint64_t{word[1]} << 16U) |
                                 (std::uint64_t{word[2]} << 8U) | std::uint64_t{word[3]};
    if (extent != 0 && size > (std::numeric_limits<std::uint64_t>::max)() / extent)
      EINET_THROW(
          io::FileError(path, "size of dimension " + std::to_string(d), "the array does not fit in 64 bits"));
    size *= extent;
    array.shape.push_back(static_cast<std::size_t>(extent));
  }
  array.values = file.read(size, "data");
  file.expect_end();
  return array;
}

/// Writes an IDX file, gzip-compressed when the name ends in `.gz`.
/// @throws io::FileError if the shape does not fit the format or the values, or writing fails
inline void write_idx(const std::filesystem::path& path, std::span<const std::size_t> shape,
                      std::span<const std::uint8_t> values) {
  if (shape.empty() || shape.size() > 4)
    EINET_THROW(io::FileError(path, "shape", std::to_string(shape.size()) + " dimensions, expected 1 to 4"));
  std::vector<std::uint8_t> bytes{0, 0, 0x08, static_cast<std::uint8_t>(shape.size())};
  std::uint64_t size = 1;
  for (const std::size_t extent : shape) {
    if (extent > 0xffffffffU || (extent != 0 && size > (std::numeric_limits<std::uint64_t>::max)() / extent))
      EINET_THROW(
          io::FileError(path, "shape", "does not fit the " + std::to_string(values.size()) + " values"));
    size *= extent;
    for (const unsigned shift : {24U, 16U, 8U, 0U})
      bytes.push_back(static_cast<std::uint8_t>((extent >> shift) & 0xffU));
  }
  if (size != values.size())
    EINET_THROW(
        io::FileError(path, "shape", "does not fit the " + std::to_string(values.size()) + " values"));
  bytes.insert(bytes.end(), values.begin(), values.end());
  io::AtomicFile file(path);
  file.write(path.extension() == ".gz" ? gzip(bytes) : bytes);
  file.commit();
}

}  // namespace einet::data

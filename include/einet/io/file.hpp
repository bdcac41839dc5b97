#pragma once
// Reads files without trusting them: their size is known before memory is allocated. AtomicFile writes.

#include <einet/base/assert.hpp>
#include <einet/io/atomic_file.hpp>
#include <einet/io/file_error.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <new>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace einet::io {

/// A file open for reading from its beginning, with its size.
class InputFile {
 public:
  /// @throws FileError if `path` is missing, is a folder or device, or cannot be opened
  explicit InputFile(std::filesystem::path path) : path_(std::move(path)) {
    std::error_code error;
    const auto status = std::filesystem::status(path_, error);
    if (!std::filesystem::exists(status)) refuse("", "no such file");
    if (std::filesystem::is_directory(status)) refuse("", "is a folder, expected a file");
    if (!std::filesystem::is_regular_file(status)) refuse("", "is not a regular file");
    size_ = std::filesystem::file_size(path_, error);
    if (error) refuse("", error.message());
    stream_.open(path_, std::ios::binary);
    if (!stream_) refuse("", "cannot be opened for reading");
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  /// Fills `out` from where the last read ended.
  /// @throws FileError naming `field` if the file ends too early or cannot be read
  void read(std::span<std::uint8_t> out, const std::string& field) {
    stream_.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
    if (!stream_ || static_cast<std::size_t>(stream_.gcount()) != out.size())
      refuse(field, "cut short: expected " + std::to_string(out.size()) + " bytes, could read " +
                        std::to_string(stream_.gcount()));
  }

  /// The next `count` bytes; the file must have that many.
  /// @throws FileError as above, and if they do not fit into memory
  [[nodiscard]] std::vector<std::uint8_t> read(std::uint64_t count, const std::string& field) {
    std::vector<std::uint8_t> bytes;
    const bool fits = count <= bytes.max_size();
    try {
      if (fits) bytes.resize(static_cast<std::size_t>(count));
    } catch (const std::bad_alloc&) {
    }
    if (bytes.size() != count) refuse(field, std::to_string(count) + " bytes do not fit into memory");
    read(bytes, field);
    return bytes;
  }

 private:
  [[noreturn]] void refuse(const std::string& field, const std::string& complaint) const {
    EINET_THROW(FileError(path_, field, complaint));
  }

  std::filesystem::path path_;
  std::uint64_t size_ = 0;
  std::ifstream stream_;
};

/// The whole file. @throws FileError
[[nodiscard]] inline std::vector<std::uint8_t> read_bytes(const std::filesystem::path& path) {
  InputFile file(path);
  return file.read(file.size(), "");
}

}  // namespace einet::io

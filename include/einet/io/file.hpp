#pragma once
// Files read and written so that nothing is lost or believed blindly: sizes are known before memory is
// asked for, and a file is replaced only once its successor lies whole on the disk.

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <ios>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace einet::io {

/// What is wrong with a file: its path, the field (a tensor, a header entry) and what was expected.
class FileError : public std::runtime_error {
 public:
  FileError(const std::filesystem::path& file, const std::string& field, const std::string& complaint)
      : std::runtime_error(file.string() + ": " + (field.empty() ? "" : field + ": ") + complaint),
        file_(file),
        field_(field) {}

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
  /// The part of the file that is wrong; empty when it is the file as a whole.
  [[nodiscard]] const std::string& field() const noexcept { return field_; }

 private:
  std::filesystem::path file_;
  std::string field_;
};

/// A file open for reading from its beginning, with its size.
class InputFile {
 public:
  /// @throws FileError if `path` is missing, is a folder or device, or cannot be opened
  explicit InputFile(std::filesystem::path path) : path_(std::move(path)) {
    std::error_code error;
    const auto status = std::filesystem::status(path_, error);
    if (!std::filesystem::exists(status)) throw FileError(path_, "", "no such file");
    if (std::filesystem::is_directory(status)) throw FileError(path_, "", "is a folder, expected a file");
    if (!std::filesystem::is_regular_file(status)) throw FileError(path_, "", "is not a regular file");
    size_ = std::filesystem::file_size(path_, error);
    if (error) throw FileError(path_, "", error.message());
    stream_.open(path_, std::ios::binary);
    if (!stream_) throw FileError(path_, "", "cannot be opened for reading");
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  /// Fills `out` from where the last read ended.
  /// @throws FileError naming `field` if the file ends before or cannot be read
  void read(std::span<std::uint8_t> out, const std::string& field) {
    stream_.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
    if (!stream_ || static_cast<std::size_t>(stream_.gcount()) != out.size())
      throw FileError(path_, field,
                      "cut short: expected " + std::to_string(out.size()) + " bytes, could read " +
                          std::to_string(stream_.gcount()));
  }

 private:
  std::filesystem::path path_;
  std::uint64_t size_ = 0;
  std::ifstream stream_;
};

/// The whole file. @throws FileError
[[nodiscard]] inline std::vector<std::uint8_t> read_bytes(const std::filesystem::path& path) {
  InputFile file(path);
  if (file.size() > (std::numeric_limits<std::size_t>::max)() / 2)
    throw FileError(path, "", "is too large for the memory of this machine");
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(file.size()));
  file.read(bytes, "");
  return bytes;
}

/// Writes `PATH.part` and renames it to `PATH` on commit(): whatever stops the program before, the old
/// file stays as it was. An uncommitted `.part` is removed.
class AtomicFile {
 public:
  /// @throws FileError if `path` is a folder or device, or `PATH.part` cannot be opened
  explicit AtomicFile(std::filesystem::path path) : path_(std::move(path)), part_(path_) {
    part_ += ".part";
    std::error_code error;
    const auto status = std::filesystem::status(path_, error);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
      throw FileError(path_, "", "is not a regular file, so it is not overwritten");
    errno = 0;
    file_ = std::fopen(part_.string().c_str(), "wb");
    if (file_ == nullptr) {
      committed_ = true;  // there is nothing of ours to remove
      fail("cannot be opened for writing");
    }
  }
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile() { abandon(); }

  /// @throws FileError if the bytes cannot be written (a full disk is often noticed only by commit())
  void write(std::span<const std::uint8_t> bytes) {
    if (bytes.empty()) return;  // its pointer may be null, which fwrite must not be given
    errno = 0;
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) fail("cannot be written");
  }

  /// Puts the file in its place; nothing can be written afterwards.
  /// @throws FileError if not every byte reached the disk; the file that was there before is untouched
  void commit() {
    errno = 0;
    if (std::fflush(file_) != 0) fail("cannot be written");
#if __has_include(<unistd.h>)
    if (fsync(fileno(file_)) != 0 && errno != EINVAL && errno != ENOTSUP) fail("cannot be written");
#endif
    if (std::fclose(std::exchange(file_, nullptr)) != 0) fail("cannot be written");
    std::error_code error;
    std::filesystem::rename(part_, path_, error);
    if (error) {
      errno = error.value();
      fail("cannot be put in place");
    }
    committed_ = true;
  }

 private:
  [[noreturn]] void fail(const std::string& complaint) {
    const int reason = errno;
    abandon();
    throw FileError(path_, "",
                    complaint + (reason == 0 ? "" : ": " + std::generic_category().message(reason)));
  }

  void abandon() noexcept {
    if (file_ != nullptr) std::fclose(std::exchange(file_, nullptr));
    if (committed_) return;
    std::error_code ignored;
    std::filesystem::remove(part_, ignored);
  }

  std::filesystem::path path_;
  std::filesystem::path part_;
  std::FILE* file_ = nullptr;
  bool committed_ = false;
};

}  // namespace einet::io

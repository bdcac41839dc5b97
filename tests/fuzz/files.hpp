#pragma once
// Shared by the fuzz targets of readers: bytes as a file in memory, a place to write to, and the promise of
// every reader: it reads, or refuses by io::FileError. Anything else, also an exception of another kind, ends
// the process and is a finding.

#include <einet/io/file.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <sys/mman.h>
#include <unistd.h>

namespace einet::fuzz {

using Bytes = std::span<const std::uint8_t>;

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// A file of these bytes, which has a path.
class MemoryFile {
 public:
  MemoryFile() : handle_(memfd_create("einet-fuzz", MFD_CLOEXEC)) {
    require(handle_ >= 0, "memfd_create works");
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(handle_); }

  const std::filesystem::path& with(Bytes bytes) {
    require(ftruncate(handle_, static_cast<off_t>(bytes.size())) == 0, "ftruncate works");
    require(pwrite(handle_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()),
            "pwrite works");
    return path_;
  }

 private:
  int handle_;
  std::filesystem::path path_ = "/proc/self/fd/" + std::to_string(handle_);
};

/// A folder in memory for files that are written: EINET_FUZZ_FOLDER from the environment, which its maker
/// removes however this process ends, or a folder of this process.
inline const std::filesystem::path& scratch() {
  struct Folder {
    Folder() {
      if (given == nullptr) std::filesystem::create_directories(path);
    }
    ~Folder() {
      std::error_code ignored;
      if (given == nullptr) std::filesystem::remove_all(path, ignored);
    }
    const char* given = std::getenv("EINET_FUZZ_FOLDER");
    std::filesystem::path path = given != nullptr ? given : "/dev/shm/einet-fuzz-" + std::to_string(getpid());
  };
  static const Folder folder;
  return folder.path;
}

/// Whether `read()` accepts what it reads.
template <class Read>
bool accepts(Read read) {
  try {
    read();
    return true;
  } catch (const io::FileError& error) {
    // Several faults stand on indented lines of their own.
    for (std::string_view rest = error.what(); !rest.empty(); rest.remove_prefix(1))
      require(static_cast<unsigned char>(rest.front()) >= 0x20 || rest.starts_with("\n  "),
              "a message has no control characters");
    require(std::string(error.what()).size() < 10'000, "a message is short");
    return false;
  }
}

}  // namespace einet::fuzz

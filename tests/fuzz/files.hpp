#pragma once
// What the fuzz targets of readers share: bytes as a file that lives in memory, a place to write to, and what
// is asked of every reader: it reads or refuses by io::FileError. Anything else, an exception of another
// kind, too, ends the run and is a finding.

#include <einet/io/file.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
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

/// A folder in memory for what is written: the environment's EINET_FUZZ_FOLDER, whose maker removes it
/// however this process ends, or one of its own.
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
    for (const char* c = error.what(); *c != '\0'; ++c)
      require(static_cast<unsigned char>(*c) >= 0x20, "a message has no control characters");
    require(std::string(error.what()).size() < 10'000, "a message is short");
    return false;
  }
}

}  // namespace einet::fuzz

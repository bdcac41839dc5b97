#pragma once
// The system calls that put a file on the disk, apart from AtomicFile, so that a test can count them and
// notice a forgotten one, which otherwise only a power cut would show.

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <system_error>

#if defined(_WIN32)
#include <fcntl.h>
#include <io.h>
#include <sys/stat.h>
#else
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace einet::io::detail {

/// Who may do what with a file.
struct FileRights {
  unsigned mode = 0;
  unsigned owner = 0;
  unsigned group = 0;
};

/// The calls that AtomicFile needs. Every function that returns an int returns 0 or the errno of its failure.
struct SystemFiles {
  /// Makes and opens a file; fails if a file or link is there.
  /// @param mode of which the process's umask removes bits
  static int create(const std::filesystem::path& path, unsigned mode, int& handle) noexcept {
#if defined(_WIN32)
    static_cast<void>(mode);
    handle =
        _wopen(path.c_str(), _O_CREAT | _O_EXCL | _O_WRONLY | _O_BINARY | _O_NOINHERIT, _S_IREAD | _S_IWRITE);
#else
    handle = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode);
#endif
    return handle < 0 ? errno : 0;
  }

  /// Writes all bytes, in as many calls as it takes.
  static int write(int handle, std::span<const std::uint8_t> bytes) noexcept {
    while (!bytes.empty()) {
      constexpr std::size_t most = std::size_t{1} << 30U;  // in one call, on every system
      const auto count = bytes.size() < most ? bytes.size() : most;
#if defined(_WIN32)
      const auto written = _write(handle, bytes.data(), static_cast<unsigned>(count));
#else
      const auto written = ::write(handle, bytes.data(), count);
#endif
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return written < 0 ? errno : EIO;
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return 0;
  }

  /// Waits until the disk has it.
  static int sync(int handle) noexcept {
#if defined(_WIN32)
    return _commit(handle) == 0 ? 0 : errno;
#else
    while (::fsync(handle) != 0)
      if (errno != EINTR) return errno;
    return 0;
#endif
  }

  static int close(int handle) noexcept {
#if defined(_WIN32)
    return _close(handle) == 0 ? 0 : errno;
#else
    return ::close(handle) == 0 || errno == EINTR ? 0 : errno;  // an interrupted close has closed on Linux
#endif
  }

  static int rename(const std::filesystem::path& from, const std::filesystem::path& to) noexcept {
    std::error_code error;
    std::filesystem::rename(from, to, error);
    return error.value();
  }

  /// Waits until the disk has the names of the files in `folder`.
  static int sync_folder(const std::filesystem::path& folder) noexcept {
#if defined(_WIN32)
    static_cast<void>(folder);  // Windows cannot sync a folder
    return 0;
#else
    const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0) return errno;
    const int error = sync(handle);
    ::close(handle);
    return error;
#endif
  }

  static void remove(const std::filesystem::path& path) noexcept {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }

  /// The rights of the file at `path`; false if there is none.
  static bool rights_of(const std::filesystem::path& path, FileRights& rights) noexcept {
#if defined(_WIN32)
    static_cast<void>(rights);
    std::error_code error;
    return std::filesystem::exists(path, error);
#else
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return false;
    rights = {status.st_mode & 07777U, status.st_uid, status.st_gid};
    return true;
#endif
  }

  /// As far as this process may and the file system can: a file that stays more private than wanted is no
  /// reason to lose its contents.
  static void give(int handle, FileRights rights) noexcept {
#if defined(_WIN32)
    static_cast<void>(handle);
    static_cast<void>(rights);
#else
    if (::fchown(handle, rights.owner, rights.group) != 0) {
      rights.mode &= 0777U;
      // Rights granted to one group must not pass to another.
      if (::fchown(handle, static_cast<uid_t>(-1), rights.group) != 0)
        rights.mode = (rights.mode & ~070U) | (rights.mode & 07U) << 3U;
    }
    static_cast<void>(::fchmod(handle, rights.mode));
#endif
  }
};

}  // namespace einet::io::detail

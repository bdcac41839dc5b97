#pragma once
// The name of a slot that outlives its writer, and how to open it without trusting what is there. POSIX only.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/posix/slot_layout.hpp>
#include <einet/posix/slot_options.hpp>
#include <einet/posix/uncancelled.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace einet::detail {

/// A name, for shm_open or of a file, and who may open it. With an old C library, shm_open needs -lrt.
struct SlotPlace {
  std::string name;
  bool memory;
  SlotAccess access = SlotAccess::owner;

  [[nodiscard]] mode_t mode() const noexcept { return access == SlotAccess::group ? 0640 : 0600; }

  [[nodiscard]] int open(int flags) const noexcept {
    constexpr int safely = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;  // the last, lest a FIFO block
    const Uncancelled whole;
    int descriptor;
    do
      descriptor =
          memory ? shm_open(name.c_str(), flags, mode()) : ::open(name.c_str(), flags | safely, mode());
    while (descriptor < 0 && errno == EINTR);
    return descriptor;
  }
  void remove() const noexcept { memory ? shm_unlink(name.c_str()) : ::unlink(name.c_str()); }

  /// @throws SlotError with the system's message
  [[noreturn]] void fail(const char* complaint, int error = errno) const {
    const std::string why = error == ELOOP ? "is a symbolic link" : std::generic_category().message(error);
    EINET_THROW(SlotError(name, "file", std::string(complaint) + ": " + why));
  }

  /// What is wrong with an opened file: it is not a regular one, or does not have this access.
  [[nodiscard]] std::optional<SlotError> objection(const struct stat& found, bool to_write) const {
    if (!S_ISREG(found.st_mode)) return SlotError(name, "file", "is not a regular file");
    if (access == SlotAccess::as_mounted) return std::nullopt;
    const bool readable = access == SlotAccess::group && !to_write && in_group(found.st_gid);
    if (found.st_uid != geteuid() && !readable)
      return SlotError::unexpected(name, "owner", number(found.st_uid), number(geteuid()));
    const auto found_mode = static_cast<mode_t>(found.st_mode & 07777);
    if (found_mode != mode()) return SlotError::unexpected(name, "mode", octal(found_mode), octal(mode()));
    return std::nullopt;
  }

 private:
  [[nodiscard]] static bool in_group(gid_t group) {
    if (group == getegid()) return true;
    const int count = getgroups(0, nullptr);
    std::vector<gid_t> groups(count > 0 ? static_cast<std::size_t>(count) : 0);
    return count > 0 && getgroups(count, groups.data()) == count &&
           std::find(groups.begin(), groups.end(), group) != groups.end();
  }

  [[nodiscard]] static std::string octal(mode_t mode) {
    std::array<char, 8> digits{};
    std::snprintf(digits.data(), digits.size(), "%04o", static_cast<unsigned>(mode));
    return digits.data();
  }
};

}  // namespace einet::detail

#pragma once
// Result slots as one would write them by hand, in a file: the newest answer and its number, overwritten in
// place, or in a new file that takes the name of the old one.

#include "power_cut/network.hpp"

#include <einet/run/slot.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace example::power_cut {

struct Stored {
  std::uint64_t number = 0;
  Output output;
};

/// A descriptor of a file or folder.
class Opened {
 public:
  Opened(const std::string& path, int flags) noexcept
      : descriptor_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] bool put(const void* bytes, std::size_t count) const noexcept {
    return pwrite(descriptor_, bytes, count, 0) == static_cast<ssize_t>(count);
  }
  [[nodiscard]] bool sync_data() const noexcept { return fdatasync(descriptor_) == 0; }
  [[nodiscard]] bool sync() const noexcept { return fsync(descriptor_) == 0; }

 private:
  int descriptor_;
};

/// Puts the names in the folder of `path` on disk.
[[nodiscard]] inline bool sync_folder_of(const std::filesystem::path& path) {
  return Opened(path.parent_path().string(), O_RDONLY | O_DIRECTORY).sync();
}

/// Numbers answers, keeps the newest, and the first error. `Way` has `bool store(const Stored&) noexcept`,
/// which leaves the reason in errno.
template <class Way>
class ByHand {
 public:
  using value_type = Output;

  void begin_run() noexcept { ++run_; }
  void publish(const Output& output, std::size_t exit) noexcept {
    newest_ = {output, exit};
    if (!static_cast<Way&>(*this).store({number_of(run_, exit), output}) && !error_)
      error_ = {errno, std::generic_category()};
  }
  [[nodiscard]] std::optional<einet::Published<Output>> read() const noexcept { return newest_; }
  [[nodiscard]] std::error_code last_error() const noexcept { return error_; }

 private:
  std::uint64_t run_ = 0;
  std::optional<einet::Published<Output>> newest_;
  std::error_code error_;
};

/// One file, overwritten. Its creation is on disk.
template <bool synced>
class InPlace : public ByHand<InPlace<synced>> {
 public:
  explicit InPlace(const std::filesystem::path& path) : file_(path.string(), O_RDWR | O_CREAT) {
    if (!file_.sync() || !sync_folder_of(path))
      throw std::system_error(errno, std::generic_category(), path.string());
  }

  [[nodiscard]] bool store(const Stored& stored) noexcept {
    return file_.put(&stored, sizeof stored) && (!synced || file_.sync_data());
  }

 private:
  Opened file_;
};

/// A new file for every answer, renamed over the one before.
/// @tparam synced the file before it is renamed, its folder afterwards
template <bool synced>
class Replaced : public ByHand<Replaced<synced>> {
 public:
  explicit Replaced(const std::filesystem::path& path)
      : path_(path.string()),
        next_(path_ + ".new"),
        folder_(path.parent_path().string(), O_RDONLY | O_DIRECTORY) {}

  [[nodiscard]] bool store(const Stored& stored) noexcept {
    const Opened file(next_, O_RDWR | O_CREAT | O_TRUNC);
    return file.put(&stored, sizeof stored) && (!synced || file.sync()) &&
           std::rename(next_.c_str(), path_.c_str()) == 0 && (!synced || folder_.sync());
  }

 private:
  std::string path_, next_;
  Opened folder_;
};

}  // namespace example::power_cut

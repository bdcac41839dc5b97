#pragma once
// What reached the operating system, in order: writes, syncs and new names of files, and between them which
// answers were being published.

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace example::power_cut {

// Files have numbers, from 0 in the order of their creation: a name may lead to several in turn.
struct Created {
  std::string name;
  std::size_t file;
};
struct Written {
  std::size_t file;
  std::uint64_t at;
  std::vector<char> bytes;
};
struct Allocated {
  std::size_t file;
  std::uint64_t size;
};
struct Synced {
  std::size_t file;
};
struct FolderSynced {};
struct Renamed {
  std::string from, to;
};
struct PublishBegan {
  std::uint64_t number;
};
struct PublishReturned {
  std::uint64_t number;
};
using Event =
    std::variant<Created, Written, Allocated, Synced, FolderSynced, Renamed, PublishBegan, PublishReturned>;

/// The log of one folder. One thread at a time.
class Log {
 public:
  /// Begins in an empty folder.
  Log() = default;
  /// Goes on where these events ended, with their file 0 in `path` if there is one.
  Log(std::vector<Event> events, const std::filesystem::path& path) : events_(std::move(events)) {
    struct stat found {};
    if (stat(path.c_str(), &found) == 0) files_[{found.st_dev, found.st_ino}] = count_++;
  }

  [[nodiscard]] const std::vector<Event>& events() const noexcept { return events_; }

  template <class Of>
  void add(Of event) {
    events_.push_back(std::move(event));
  }

  // What calls.cpp tells, of calls that succeeded.
  void wrote(int descriptor, const void* bytes, std::size_t count, std::uint64_t at) {
    const char* const from = static_cast<const char*>(bytes);
    add(Written{file_of(descriptor), at, {from, from + count}});
  }
  void allocated(int descriptor, std::uint64_t size) { add(Allocated{file_of(descriptor), size}); }
  void synced(int descriptor) {
    struct stat found {};
    if (fstat(descriptor, &found) == 0 && S_ISDIR(found.st_mode))
      add(FolderSynced{});
    else
      add(Synced{file_of(descriptor)});
  }
  /// Before the call: the file that is replaced goes, and a later one may have its inode.
  void will_rename(const char* to) {
    struct stat found {};
    if (stat(to, &found) == 0) files_.erase({found.st_dev, found.st_ino});
  }
  void renamed(const char* from, const char* to) {
    add(Renamed{std::filesystem::path(from).filename(), std::filesystem::path(to).filename()});
  }

 private:
  std::size_t file_of(int descriptor) {
    struct stat found {};
    if (fstat(descriptor, &found) != 0) throw std::runtime_error("a file that is written cannot be examined");
    const auto [place, is_new] = files_.try_emplace({found.st_dev, found.st_ino}, count_);
    if (is_new) {
      const auto link = "/proc/self/fd/" + std::to_string(descriptor);
      add(Created{std::filesystem::read_symlink(link).filename(), count_++});
    }
    return place->second;
  }

  std::vector<Event> events_;
  std::map<std::pair<dev_t, ino_t>, std::size_t> files_;
  std::size_t count_ = 0;
};

/// The log that the calls of this process are entered in, if any: see calls.cpp.
inline Log* current_log = nullptr;

}  // namespace example::power_cut

#pragma once
// Where a slot that outlives its writer lies: a file, or a shared-memory object, that is opened without
// trust and locked against a second writer. POSIX only.

#include <einet/run/slot_layout.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace einet::detail {

/// A name, and whether the file system or shm_open knows it. With an old C library shm_open wants -lrt.
struct SlotPlace {
  std::string name;
  bool memory;

  [[nodiscard]] int open(int flags) const noexcept {
    constexpr int safely = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;  // the last one for the sake of a FIFO
    return memory ? shm_open(name.c_str(), flags, 0600) : ::open(name.c_str(), flags | safely, 0600);
  }
  void remove() const noexcept { memory ? shm_unlink(name.c_str()) : ::unlink(name.c_str()); }

  /// @throws SlotError with what the system said last
  [[noreturn]] void fail(const char* complaint, int error = errno) const {
    const std::string why = error == ELOOP ? "is a symbolic link" : std::generic_category().message(error);
    throw SlotError(name, "file", std::string(complaint) + ": " + why);
  }
};

/// Owns a descriptor.
class SlotFile {
 public:
  SlotFile(SlotPlace place, int descriptor) noexcept : place_(std::move(place)), descriptor_(descriptor) {}
  SlotFile(SlotFile&& other) noexcept
      : place_(std::move(other.place_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  SlotFile& operator=(SlotFile&&) = delete;
  ~SlotFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  [[nodiscard]] const SlotPlace& place() const noexcept { return place_; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  /// Opens what a writer has made; it may still be at work, or be dead. To be checked for its layout next.
  /// @throws SlotError if it is missing, no file, or not this user's alone
  [[nodiscard]] static SlotFile for_reading(SlotPlace place) {
    const int descriptor = place.open(O_RDONLY);
    if (descriptor < 0) place.fail("cannot be opened");
    SlotFile file(std::move(place), descriptor);
    file.examine();
    return file;
  }

  /// @throws SlotError naming what is not as in `layout`
  void check(const SlotLayout& layout) const {
    const SlotLayout::Header found = header();
    if (found == SlotLayout::Header{})
      throw SlotError(place_.name, "magic", "there is none, no writer has finished creating this slot");
    layout.check(found, place_.name);
    SlotLayout::expect(place_.name, "size", size(), layout.size());
  }

  /// As far as it can be read; the rest is zero.
  [[nodiscard]] SlotLayout::Header header() const noexcept {
    SlotLayout::Header words{};
    read(words.data(), sizeof(words), 0);
    return words;
  }

  /// Opens the slot as its only writer, creates it if there is none, and completes one whose writer died
  /// while it created it. The lock goes with the process, and with those it forks that do not exec.
  /// @param first_record stands in a slot that is created; the other record is then zero
  /// @param durable has all of it, and its name, on the disk on return
  /// @throws SlotError as `for_reading`; if there is another writer; if the disk is full
  template <class Words>
  [[nodiscard]] static SlotFile for_writing(const SlotPlace& place, const SlotLayout& layout,
                                            const Words& first_record, bool durable) {
    for (;;) {
      SlotFile file(place, open_or_create(place));
      file.examine();
      if (flock(file.descriptor_, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) throw SlotError(place.name, "lock", "another writer has this slot");
        place.fail("cannot be locked");
      }
      if (file.examine().st_nlink == 0) continue;  // removed between open and lock
      if (file.size() == 0 || (file.size() == layout.size() && file.header() == SlotLayout::Header{}))
        file.create(layout, first_record, durable);
      else
        file.check(layout);
      return file;
    }
  }

  /// @return whether all bytes could be written; errno says why not
  [[nodiscard]] bool write(const void* bytes, std::size_t count, std::uint64_t at) const noexcept {
    const char* from = static_cast<const char*>(bytes);
    while (count > 0) {
      const ssize_t written = pwrite(descriptor_, from, count, static_cast<off_t>(at));
      if (written < 0 && errno == EINTR) continue;
      if (written == 0) errno = EIO;
      if (written <= 0) return false;
      from += written;
      at += static_cast<std::uint64_t>(written);
      count -= static_cast<std::size_t>(written);
    }
    return true;
  }

  /// @return how many bytes could be read
  std::size_t read(void* bytes, std::size_t count, std::uint64_t at) const noexcept {
    std::size_t done = 0;
    while (done < count) {
      const ssize_t got =
          pread(descriptor_, static_cast<char*>(bytes) + done, count - done, static_cast<off_t>(at + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

 private:
  [[nodiscard]] static int open_or_create(const SlotPlace& place) {
    for (;;) {
      int descriptor = place.open(O_RDWR | O_CREAT | O_EXCL);
      if (descriptor >= 0) {
        fchmod(descriptor, 0600);  // the umask may have left less
        return descriptor;
      }
      if (errno != EEXIST) place.fail("cannot be created");
      descriptor = place.open(O_RDWR);
      if (descriptor >= 0) return descriptor;
      if (errno != ENOENT) place.fail("cannot be opened");  // else removed in between
    }
  }

  /// Refuses what is no file, or not this user's alone.
  struct stat examine() const {
    struct stat found {};
    if (fstat(descriptor_, &found) != 0) place_.fail("cannot be examined");
    if (!S_ISREG(found.st_mode)) throw SlotError(place_.name, "file", "is not a regular file");
    if (found.st_uid != geteuid())
      throw SlotError(place_.name, "owner",
                      "is user " + std::to_string(found.st_uid) + ", expected " + std::to_string(geteuid()));
    if ((found.st_mode & 07777) != 0600) {
      std::array<char, 8> octal{};
      std::snprintf(octal.data(), octal.size(), "%04o", static_cast<unsigned>(found.st_mode & 07777));
      throw SlotError(place_.name, "permissions", std::string("are ") + octal.data() + ", expected 0600");
    }
    return found;
  }

  [[nodiscard]] std::uint64_t size() const { return static_cast<std::uint64_t>(examine().st_size); }

  /// All space is taken now: a full disk is an error here, not a SIGBUS or a lost output later.
  template <class Words>
  void create(const SlotLayout& layout, const Words& first_record, bool durable) const {
    const auto done = [&](bool could, const char* complaint) {
      if (could) return;
      const int error = errno;
      place_.remove();
      place_.fail(complaint, error);
    };
    const int error = posix_fallocate(descriptor_, 0, static_cast<off_t>(layout.size()));
    errno = error;
    done(error == 0, "cannot be given its size");
    // Zeros, so that a durable slot's blocks are taken for good and fdatasync has no more to do for them.
    constexpr std::array<char, cache_line> zeros{};
    for (std::uint64_t at = 0; at < layout.size(); at += zeros.size())
      done(write(zeros.data(), zeros.size(), at), "cannot be written");
    done(write(first_record.data(), sizeof(first_record), layout.record(0)), "cannot be written");
    done(!durable || fsync(descriptor_) == 0, "cannot be brought to the disk");
    // Last, and by one call, which no signal cuts in two: without a header the slot was never complete.
    const SlotLayout::Header words = layout.header();
    done(write(words.data(), sizeof(words), 0), "cannot be written");
    done(!durable || (fsync(descriptor_) == 0 && sync_folder()), "cannot be brought to the disk");
  }

  [[nodiscard]] bool sync_folder() const noexcept {
    const std::filesystem::path folder = std::filesystem::path(place_.name).parent_path();
    const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return false;
    const bool done = fsync(descriptor) == 0;
    ::close(descriptor);
    return done;
  }

  SlotPlace place_;
  int descriptor_;
};

}  // namespace einet::detail

#pragma once
// The file or shared-memory object of a slot that outlives its writer: locked against a second writer, and
// fully allocated before the first answer. POSIX only.

#include <einet/base/assert.hpp>
#include <einet/posix/slot_layout.hpp>
#include <einet/posix/slot_place.hpp>
#include <einet/posix/uncancelled.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace einet::detail {

/// Owns a descriptor. None of its functions is a cancellation point.
class SlotFile {
 public:
  SlotFile(SlotPlace place, int descriptor) noexcept : place_(std::move(place)), descriptor_(descriptor) {}
  SlotFile(SlotFile&& other) noexcept
      : place_(std::move(other.place_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  SlotFile& operator=(SlotFile&&) = delete;
  ~SlotFile() {
    const Uncancelled whole;
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  [[nodiscard]] const SlotPlace& place() const noexcept { return place_; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  /// Opens the slot of a writer, which may be alive or dead. Call check() next.
  /// @throws SlotError if it is missing, not a regular file, or does not have the place's access
  [[nodiscard]] static SlotFile for_reading(SlotPlace place) {
    const int descriptor = place.open(O_RDONLY);
    if (descriptor < 0) place.fail("cannot be opened");
    SlotFile file(std::move(place), descriptor);
    if (const auto objection = file.place_.objection(file.status(), false)) EINET_THROW(*objection);
    return file;
  }

  /// @throws SlotError naming what differs from `layout`
  void check(const SlotLayout& layout) const {
    const SlotLayout::Header found = header();
    if (found == SlotLayout::Header{})
      EINET_THROW(SlotError(place_.name, "magic", "missing, no writer has finished creating this slot"));
    layout.check(found, place_.name);
    SlotLayout::expect(place_.name, "size", size(), layout.size());
  }

  /// The header, as far as it can be read; the rest is zero.
  [[nodiscard]] SlotLayout::Header header() const noexcept {
    SlotLayout::Header words{};
    read(words.data(), sizeof(words), 0);
    return words;
  }

  /// Opens the slot as its only writer, creates it if there is none, and completes one whose writer died
  /// while creating it. The lock is held until this process ends, and any that it forks without exec.
  /// @param first_record of a slot that is created; the other record is then zero
  /// @param durable whether the name, and all of a slot that is created, are on disk on return
  /// @throws SlotError as `for_reading`; if there is another writer; if the disk is full
  template <class Words>
  [[nodiscard]] static SlotFile for_writing(const SlotPlace& place, const SlotLayout& layout,
                                            const Words& first_record, bool durable) {
    for (;;) {
      bool created = false;
      SlotFile file(place, open_or_create(place, created));
      if (const auto objection = place.objection(file.status(), true)) {
        if (created) place.remove();
        EINET_THROW(*objection);
      }
      if (flock(file.descriptor_, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) continue;
        if (errno == EWOULDBLOCK) EINET_THROW(SlotError(place.name, "lock", "another writer has this slot"));
        place.fail("cannot be locked");
      }
      if (file.status().st_nlink == 0) continue;  // removed between open and lock
      // Shorter, where the file system allocates block by block and the writer died in between.
      if (file.size() == layout.size() ? file.header() == SlotLayout::Header{}
                                       : file.size() < layout.size() && file.holds_zeros_alone()) {
        file.create(layout, first_record, durable);
      } else {
        file.check(layout);
        if (!file.allocate(layout.size())) place.fail("cannot be allocated");
        // The writer that created it may have died before its name was on disk.
        if (durable && !file.sync_folder()) place.fail("cannot be synced to disk");
      }
      return file;
    }
  }

  /// @return whether all bytes could be written; errno says why not
  [[nodiscard]] bool write(const void* bytes, std::size_t count, std::uint64_t at) const noexcept {
    const Uncancelled whole;
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
    const Uncancelled whole;
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

  [[nodiscard]] bool holds_zeros_alone() const noexcept {
    std::array<char, 512> part{};
    for (std::uint64_t at = 0;; at += part.size()) {
      const std::size_t got = read(part.data(), part.size(), at);
      if (std::any_of(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(got),
                      [](char byte) { return byte != 0; }))
        return false;
      if (got < part.size()) return true;
    }
  }

  /// @return whether all that was written is on disk; errno says why not
  [[nodiscard]] bool sync_data() const noexcept {
    return again([this] { return fdatasync(descriptor_); });
  }

  /// Whether those who look for the file will fail to find what is written to it.
  /// @return 0 if they will find it; ENOENT if it was removed, ESTALE if its name leads to another file,
  /// EBADMSG if its size was changed or its header overwritten
  [[nodiscard]] int lost(const SlotLayout& layout) const noexcept {
    struct stat found {
    }, named{};
    if (fstat(descriptor_, &found) != 0) return errno;
    if (found.st_nlink == 0) return ENOENT;
    if (lstat(place_.name.c_str(), &named) == 0) {
      if (named.st_ino != found.st_ino || named.st_dev != found.st_dev) return ESTALE;
    } else if (errno == ENOENT || errno == ENOTDIR) {
      return ENOENT;  // other errors tell nothing
    }
    const bool sound =
        static_cast<std::uint64_t>(found.st_size) == layout.size() && header() == layout.header();
    return sound ? 0 : EBADMSG;
  }

 private:
  template <class Call>
  [[nodiscard]] static bool again(Call call) noexcept {
    const Uncancelled whole;
    int result;
    do result = call();
    while (result != 0 && errno == EINTR);
    return result == 0;
  }

  [[nodiscard]] static int open_or_create(const SlotPlace& place, bool& created) {
    for (;;) {
      int descriptor = place.open(O_RDWR | O_CREAT | O_EXCL);
      if (descriptor >= 0) {
        created = true;
        fchmod(descriptor, place.mode());  // the umask may have taken some bits
        return descriptor;
      }
      if (errno != EEXIST) place.fail("cannot be created");
      descriptor = place.open(O_RDWR);
      if (descriptor >= 0) return descriptor;
      if (errno != ENOENT) place.fail("cannot be opened");  // else removed in between
    }
  }

  struct stat status() const {
    struct stat found {};
    if (fstat(descriptor_, &found) != 0) place_.fail("cannot be examined");
    return found;
  }

  [[nodiscard]] std::uint64_t size() const { return static_cast<std::uint64_t>(status().st_size); }

  /// Allocates all space now: a full disk is an error here, not a SIGBUS or a lost answer later.
  [[nodiscard]] bool allocate(std::uint64_t bytes) const {
    const bool done =
        again([&] { return errno = posix_fallocate(descriptor_, 0, static_cast<off_t>(bytes)); });
    if (done || (errno != EOPNOTSUPP && errno != EINVAL)) return done;
    // The file system does not support it, so write instead: what is there already, zeros beyond.
    std::vector<char> piece(piece_size(bytes));
    for (std::uint64_t at = 0; at < bytes; at += piece.size()) {
      const auto count = static_cast<std::size_t>((std::min)(std::uint64_t{piece.size()}, bytes - at));
      std::fill(piece.begin() + static_cast<std::ptrdiff_t>(read(piece.data(), count, at)), piece.end(),
                '\0');
      if (!write(piece.data(), count, at)) return false;
    }
    return true;
  }

  [[nodiscard]] static std::size_t piece_size(std::uint64_t bytes) noexcept {
    return static_cast<std::size_t>((std::min)(bytes, std::uint64_t{1} << 20));
  }

  template <class Words>
  void create(const SlotLayout& layout, const Words& first_record, bool durable) const {
    const auto done = [&](bool could, const char* complaint) {
      if (could) return;
      const int error = errno;
      place_.remove();
      place_.fail(complaint, error);
    };
    const auto synced = [this] { return again([this] { return fsync(descriptor_); }); };
    done(allocate(layout.size()), "cannot be allocated");
    // Zeros, so that the blocks of a durable slot are allocated for good and fdatasync writes no metadata.
    const std::vector<char> zeros(piece_size(layout.size()));
    for (std::uint64_t at = 0; at < layout.size(); at += zeros.size())
      done(write(zeros.data(),
                 static_cast<std::size_t>((std::min)(std::uint64_t{zeros.size()}, layout.size() - at)), at),
           "cannot be written");
    done(write(first_record.data(), sizeof(first_record), layout.record(0)), "cannot be written");
    done(!durable || synced(), "cannot be synced to disk");
    // Last, and in one call, which no signal can split: a slot without a header was never completed.
    const SlotLayout::Header words = layout.header();
    done(write(words.data(), sizeof(words), 0), "cannot be written");
    done(!durable || (synced() && sync_folder()), "cannot be synced to disk");
  }

  [[nodiscard]] bool sync_folder() const {
    const std::filesystem::path folder = std::filesystem::path(place_.name).parent_path();
    const Uncancelled whole;
    const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return false;
    const bool done = again([descriptor] { return fsync(descriptor); });
    const int error = errno;
    ::close(descriptor);
    errno = error;
    return done;
  }

  SlotPlace place_;
  int descriptor_;
};

}  // namespace einet::detail

#pragma once
// A file is replaced only once its successor is complete on the disk: if the program is killed or the power
// fails, either the old file or the new one is there.

#include <einet/base/assert.hpp>
#include <einet/io/file_error.hpp>
#include <einet/io/system_files.hpp>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <random>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace einet::io {

namespace detail {

/// The path that writing to `path` reaches: links are followed, even to a file that does not exist yet.
inline std::filesystem::path written_path(std::filesystem::path path, std::error_code& error) {
  for (int links = 0; std::filesystem::is_symlink(std::filesystem::symlink_status(path, error)); ++links) {
    const std::filesystem::path to = std::filesystem::read_symlink(path, error);
    if (links == 40) error = std::make_error_code(std::errc::too_many_symbolic_link_levels);
    if (error) return path;
    path = path.parent_path() / to;
  }
  error.clear();  // of a file that does not exist
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  return std::filesystem::canonical(folder, error) / path.filename();
}

/// A name that no other writer uses, whatever the file is called.
inline std::string unique_name() {
  constexpr const char* digits = "0123456789abcdef";
  std::random_device random;
  std::string name = ".einet-";
  for (int i = 0; i < 16; ++i) name += digits[random() % 16];
  return name + ".part";
}

/// AtomicFile on the calls of `System`.
template <class System>
class BasicAtomicFile {
 public:
  /// @throws FileError if `path` is a folder or device, or no file can be made next to it
  explicit BasicAtomicFile(std::filesystem::path path, System system = {})
      : path_(std::move(path)), system_(std::move(system)) {
    std::error_code error;
    const auto status = std::filesystem::status(path_, error);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
      EINET_THROW(FileError(path_, "", "is not a regular file, so it is not overwritten"));
    target_ = written_path(path_, error);
    if (error) fail("cannot be opened for writing", error.value());
    open();
  }
  BasicAtomicFile(const BasicAtomicFile&) = delete;
  BasicAtomicFile& operator=(const BasicAtomicFile&) = delete;
  ~BasicAtomicFile() { abandon(); }

  /// Precondition: not committed, and no write has failed.
  /// @throws FileError if the bytes cannot be written (a full disk is sometimes noticed only by commit())
  void write(std::span<const std::uint8_t> bytes) {
    EINET_ASSERT(handle_ >= 0);
    if (const int error = system_.write(handle_, bytes)) fail("cannot be written", error);
  }

  /// Puts the file in its place; nothing can be written afterwards.
  /// @throws FileError if not every byte reached the disk, and then the old file is untouched; or if the new
  /// file is in place but the disk failed to confirm its name, which the message says
  void commit() {
    EINET_ASSERT(handle_ >= 0);
    system_.give(handle_, rights_);
    if (const int error = system_.sync(handle_); error != 0 && !cannot_sync(error))
      fail("cannot be written", error);
    if (const int error = system_.close(std::exchange(handle_, -1))) fail("cannot be written", error);
    if (const int error = system_.rename(part_, target_)) fail("cannot be put in place", error);
    part_.clear();
    // A folder that may be written but not read cannot be opened for syncing.
    if (const int error = system_.sync_folder(target_.parent_path());
        error != 0 && error != EACCES && !cannot_sync(error))
      fail("is in place, but may not outlast a loss of power", error);
  }

 private:
  /// Some file systems cannot sync a folder.
  static bool cannot_sync(int error) noexcept { return error == EINVAL || error == ENOTSUP; }

  /// The file next to the target is private to its owner until it is complete.
  void open() {
    const bool replaces = system_.rights_of(target_, rights_);
    int error = EEXIST;
    for (int attempt = 0; error == EEXIST && attempt < 100; ++attempt) {
      part_ = target_.parent_path() / unique_name();
      error = system_.create(part_, replaces ? 0600U : 0666U, handle_);
    }
    if (error != 0) {
      part_.clear();  // there is no file of ours to remove
      fail("cannot be opened for writing", error);
    }
    if (replaces || !system_.rights_of(part_, rights_)) return;
    system_.give(handle_, {0600U, rights_.owner, rights_.group});  // commit() adds what the umask grants
  }

  [[noreturn]] void fail(const std::string& complaint, int error) {
    abandon();
    EINET_THROW(FileError(path_, "", complaint + ": " + std::generic_category().message(error)));
  }

  void abandon() noexcept {
    if (handle_ >= 0) static_cast<void>(system_.close(std::exchange(handle_, -1)));
    if (!part_.empty()) system_.remove(part_);
    part_.clear();
  }

  std::filesystem::path path_;    ///< as it was asked for
  std::filesystem::path target_;  ///< the same with all links followed
  std::filesystem::path part_;    ///< what is written; empty once it is in place or gone
  FileRights rights_;             ///< to give at the end
  int handle_ = -1;
  [[no_unique_address]] System system_;
};

}  // namespace detail

/// Writes a new file next to the one at the path, and puts it in its place on commit(). Until then nobody
/// else may read it; if it is never committed, it is removed. A file that is replaced keeps its mode and,
/// where permitted, owner and group; a link stays, and the file that it leads to is replaced.
using AtomicFile = detail::BasicAtomicFile<detail::SystemFiles>;

}  // namespace einet::io

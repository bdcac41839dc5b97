#pragma once
// Folders: one that is removed at the end, and what kind of file system a folder is on.

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include <sys/vfs.h>

namespace example::power_cut {

/// A new folder inside another one, for this user only; removed with all that is in it.
class Scratch {
 public:
  /// @throws std::system_error if none can be made
  explicit Scratch(const std::filesystem::path& in) {
    std::string name = (std::filesystem::absolute(in) / "power_cut.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      throw std::system_error(errno, std::generic_category(), in.string() + ": no folder can be made here");
    path_ = name;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// The type of the file system, by name where it is a common one.
inline std::string file_system_of(const std::filesystem::path& folder) {
  constexpr std::array<std::pair<unsigned, const char*>, 11> known{{{0xEF53, "ext2, ext3 or ext4"},
                                                                    {0x01021994, "tmpfs"},
                                                                    {0x58465342, "xfs"},
                                                                    {0x9123683E, "btrfs"},
                                                                    {0xF2F52010, "f2fs"},
                                                                    {0x2FC12FC1, "zfs"},
                                                                    {0x794C7630, "overlayfs"},
                                                                    {0x01021997, "9p"},
                                                                    {0x65735546, "fuse"},
                                                                    {0x6969, "nfs"},
                                                                    {0x4D44, "vfat"}}};
  struct statfs found {};
  if (statfs(folder.c_str(), &found) != 0)
    throw std::system_error(errno, std::generic_category(), folder.string());
  const auto type = static_cast<unsigned>(found.f_type);
  for (const auto& [number, name] : known)
    if (type == number) return name;
  std::array<char, 16> digits{};
  std::snprintf(digits.data(), digits.size(), "0x%x", type);
  return std::string("file system of type ") + digits.data();
}

}  // namespace example::power_cut

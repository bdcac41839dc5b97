#pragma once
// What several tests share: how many random cases to draw, where test data lies, scratch folders.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <unistd.h>

namespace einet::test {

/// `full` random cases, divided by the environment's EINET_TEST_FRACTION (sanitizers run a tenth).
inline std::size_t cases(std::size_t full) {
  const char* fraction = std::getenv("EINET_TEST_FRACTION");
  const long divisor = fraction == nullptr ? 1 : std::strtol(fraction, nullptr, 10);
  return (std::max)(std::size_t{1}, divisor > 1 ? full / static_cast<std::size_t>(divisor) : full);
}

/// Cases of a stress test: `full` if EINET_TEST_STRESS is set in the environment, otherwise `cases` of a
/// hundredth.
inline std::size_t stress_cases(std::size_t full) {
  return std::getenv("EINET_TEST_STRESS") != nullptr ? full : cases((full + 99) / 100);
}

/// The folder that the environment's EINET_TEST_DATA names: data sets and profiles that are not part of the
/// repository. Tests run without them.
inline std::filesystem::path outside_data() {
  const char* folder = std::getenv("EINET_TEST_DATA");
  return folder == nullptr ? "no EINET_TEST_DATA" : folder;
}

/// A fresh, empty folder for tests that write files; it is gone when the process that made it ends.
inline std::filesystem::path scratch_folder(const std::string& name) {
  struct Folders {
    ~Folders() {
      std::error_code ignored;
      if (getpid() == owner)
        for (const std::filesystem::path& folder : all) std::filesystem::remove_all(folder, ignored);
    }
    pid_t owner = getpid();
    std::vector<std::filesystem::path> all{};
  };
  static Folders folders;
  const auto folder =
      std::filesystem::temp_directory_path() /
      ("einet-" + name + "-" + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  folders.all.push_back(folder);
  return folder;
}

}  // namespace einet::test

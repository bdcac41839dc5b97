#pragma once
// Where programs read a network from, and checks of the files that they write.

#include "common/network_files.hpp"

#include <einet/io/file_error.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace example {

/// What a network is run from.
struct Files {
  std::filesystem::path weights, profile, predictor, images, labels;
};

/// All files in one folder, as `train` leaves them.
[[nodiscard]] inline Files files_in(const std::filesystem::path& folder) {
  return {folder / weights_file, folder / profile_file, folder / predictor_file, folder / images_file,
          folder / labels_file};
}

/// Those of a network that is shipped for CIFAR-10.
[[nodiscard]] inline Files shipped_files(const std::string& network) {
  const std::filesystem::path data = EINET_SOURCE_DIR "/examples/data", cifar10 = data / "cifar10";
  const std::string profile = network + "_cifar10.safetensors";
  return {cifar10 / network / weights_file, data / "profiles" / profile, cifar10 / network / predictor_file,
          cifar10 / images_file, cifar10 / labels_file};
}

/// Whether two paths name the same file. The files need not exist.
inline bool same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code unknown;
  if (std::filesystem::equivalent(a, b, unknown)) return true;
  const auto known = [&](const std::filesystem::path& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, unknown), unknown);
  };
  return known(a) == known(b);
}

/// Refuses a file that cannot be written: before the work, not after it.
/// @throws einet::io::FileError
inline void expect_writable(const std::filesystem::path& path) {
  if (path.empty()) return;
  if (!std::ofstream(path, std::ios::app)) throw einet::io::FileError(path, "", "cannot be written");
}

}  // namespace example

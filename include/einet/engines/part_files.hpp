#pragma once
// The files of a network whose conv parts and branches lie in a folder, one in each.

#include <einet/base/assert.hpp>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace einet::engines {

/// The files of one block.
struct PartFiles {
  std::optional<std::filesystem::path> conv;  ///< none where the features go on unchanged
  std::filesystem::path branch;
};

/// conv1.ENDING and branch1.ENDING, conv2.ENDING and branch2.ENDING, …, up to the last branch. A conv part
/// may be missing.
/// @throws std::runtime_error naming the branch that is missing: the first, or one whose conv part is there
[[nodiscard]] inline std::vector<PartFiles> part_files(const std::filesystem::path& folder,
                                                       const std::string& ending) {
  std::vector<PartFiles> parts;
  for (;;) {
    const std::string number = std::to_string(parts.size() + 1);
    const std::filesystem::path conv = folder / ("conv" + number + "." + ending);
    const std::filesystem::path branch = folder / ("branch" + number + "." + ending);
    const bool has_conv = std::filesystem::exists(conv);
    if (!std::filesystem::exists(branch)) {
      if (parts.empty() || has_conv) EINET_THROW(std::runtime_error(branch.string() + ": is missing"));
      return parts;
    }
    parts.push_back({has_conv ? std::optional(conv) : std::nullopt, branch});
  }
}

}  // namespace einet::engines

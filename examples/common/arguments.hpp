#pragma once
// Checks of command-line arguments that CLI11 does not make.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include <CLI/CLI.hpp>

namespace example {

/// For options that take a path: without this check, `--csv --svg` writes to a folder named `--svg`.
inline const CLI::Validator a_path(
    [](std::string& value) {
      if (value.empty()) return std::string("the path is empty");
      return value.starts_with("-")
                 ? "'" + value + "' is an option, not a path; to name such a file, write ./" + value
                 : std::string();
    },
    "PATH");

/// @throws CLI::ValidationError if two of the paths given to `option` lead to the same place
inline void expect_different(const std::string& option, std::span<const std::filesystem::path> paths) {
  // Absolute first: otherwise a path that does not exist stays relative, and ./a differs from a.
  const auto place = [](const std::filesystem::path& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path));
  };
  for (std::size_t i = 0; i < paths.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (place(paths[i]) == place(paths[j]))
        throw CLI::ValidationError(option, "'" + paths[i].string() + "' is named twice");
}

}  // namespace example

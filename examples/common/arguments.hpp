#pragma once
// Checks of command lines that CLI11 leaves to its users.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include <CLI/CLI.hpp>

namespace example {

/// For options that take a path: without it, `--csv --svg` writes to a folder of the name `--svg`.
inline const CLI::Validator a_path(
    [](std::string& value) {
      if (value.empty()) return std::string("an empty path names nothing");
      return value.starts_with("-")
                 ? "'" + value + "' is no path but an option; a file of that name is ./" + value
                 : std::string();
    },
    "PATH");

/// @throws CLI::ValidationError if two of the paths that `option` was given lead to one place
inline void expect_different(const std::string& option, std::span<const std::filesystem::path> paths) {
  // Absolute first: what does not exist stays relative otherwise, and ./a is not a.
  const auto place = [](const std::filesystem::path& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path));
  };
  for (std::size_t i = 0; i < paths.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (place(paths[i]) == place(paths[j]))
        throw CLI::ValidationError(option, "'" + paths[i].string() + "' is named twice");
}

}  // namespace example

#pragma once
// Command lines: reading them, and checks that CLI11 does not make.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <iostream>
#include <span>
#include <string>
#include <system_error>

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

/// The option of a setting: its name with hyphens.
[[nodiscard]] inline std::string option_of(std::string name) {
  std::ranges::replace(name, '_', '-');
  return "--" + name;
}

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

/// Reads the command line; false if it asks for the help, which is then printed.
/// @throws CLI::ParseError
inline bool read_command_line(CLI::App& app, int count, const char* const* arguments) {
  try {
    app.parse(count, arguments);
    return true;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) throw;
    app.exit(error);
    return false;
  }
}

/// What `main` returns: what run() does, 2 for a command line that is wrong, 1 for any other error. Says
/// which on standard error.
template <class Run>
int run_program(const char* name, const Run& run) {
  try {
    return run();
  } catch (const CLI::ParseError& error) {
    std::cerr << name << ": " << error.what() << " (--help shows the options)\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << name << ": " << error.what() << '\n';
    return 1;
  }
}

/// A finite number in [low, high]: CLI::Range lets NaN pass.
inline CLI::Validator a_number(double low, double high) {
  return CLI::Validator(
      [=](std::string& value) {
        double number = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        const bool good =
            error == std::errc() && end == value.data() + value.size() && number >= low && number <= high;
        return good ? std::string()
                    : "'" + value + "' is not a number from " + CLI::detail::to_string(low) + " to " +
                          CLI::detail::to_string(high);
      },
      "NUMBER");
}

/// A whole number in [low, high]: CLI11 takes -1 for the largest there is.
inline CLI::Validator a_whole_number(std::size_t low, std::size_t high) {
  return CLI::Validator(
      [=](std::string& value) {
        std::size_t number = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        const bool good =
            error == std::errc() && end == value.data() + value.size() && number >= low && number <= high;
        return good ? std::string()
                    : "'" + value + "' is not a whole number from " + std::to_string(low) + " to " +
                          std::to_string(high);
      },
      "WHOLE NUMBER");
}

}  // namespace example

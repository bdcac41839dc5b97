#pragma once
// The demo's command line.

#include "common/arguments.hpp"
#include "common/network_files.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <CLI/CLI.hpp>

namespace example::demo {

struct Options {
  std::filesystem::path data = EINET_SOURCE_DIR "/examples/data";
  std::filesystem::path weights;
  std::size_t images = 1000;
  std::uint64_t seed = 1;
  std::filesystem::path json;
  std::filesystem::path csv;
};

/// Whether two paths name the same file. The files need not exist.
inline bool same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code unknown;
  if (std::filesystem::equivalent(a, b, unknown)) return true;
  const auto known = [&](const std::filesystem::path& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, unknown), unknown);
  };
  return known(a) == known(b);
}

/// Refuses to write two outputs to one file, or to overwrite what the demo reads.
/// @throws CLI::ValidationError naming the option
inline void expect_files_apart(const Options& options) {
  const auto apart = [](const char* option, const std::filesystem::path& output,
                        std::initializer_list<std::filesystem::path> others) {
    if (output.empty()) return;
    for (const auto& other : others)
      if (!other.empty() && same_file(output, other))
        throw CLI::ValidationError(option, other.string() + " is needed for something else");
  };
  const auto& data = options.data;
  const std::initializer_list<std::filesystem::path> inputs{
      options.weights, data / profile_file, data / predictor_file, data / images_file, data / labels_file};
  apart("--json", options.json, inputs);
  apart("--csv", options.csv, inputs);
  apart("--csv", options.csv, {options.json});
}

/// The options of the command line. Prints the help if that is asked for, and returns nothing.
/// @throws CLI::ParseError
inline std::optional<Options> parse(int count, const char* const* arguments) {
  Options options;
  CLI::App app{"Stops a network with 14 exits at random moments, under several strategies."};
  app.add_option("--images", options.images, "number of images to run")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000000}))
      ->capture_default_str();
  app.add_option("--data", options.data, "folder with images, profile and predictor")
      ->check(a_path)
      ->capture_default_str();
  app.add_option("--weights", options.weights, "weights of the network (default: those in the folder)")
      ->check(a_path);
  app.add_option("--seed", options.seed, "seed of the stopping moments and of the order of the strategies")
      ->capture_default_str();
  app.add_option("--json", options.json, "write all results to this file as JSON")->check(a_path);
  app.add_option("--csv", options.csv, "write the table to this file as CSV")->check(a_path);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) throw;
    app.exit(error);
    return std::nullopt;
  }
  if (options.weights.empty()) options.weights = options.data / weights_file;
  expect_files_apart(options);
  return options;
}

}  // namespace example::demo

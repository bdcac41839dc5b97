#pragma once
// The demo's command line.

#include "common/files.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace example::demo {

struct Options {
  Files files = files_in(EINET_SOURCE_DIR "/examples/data");
  std::size_t images = 1000;
  std::uint64_t seed = 1;
  std::filesystem::path json;
  std::filesystem::path csv;
  std::filesystem::path svg;
  std::filesystem::path trace;
  bool watch = false;
};

/// The options of the command line. Prints the help if that is asked for, and returns nothing.
/// @throws CLI::ParseError
std::optional<Options> parse(int count, const char* const* arguments);

}  // namespace example::demo

#pragma once
// The program's command line.

#include "common/files.hpp"
#include "stream/scenario.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace example::stream {

struct Options {
  Files files;
  std::vector<double> rates{.5, 1, 2, 4};
  std::vector<Scenario> scenarios;
  std::size_t samples = 0;  // 0: one of every image
  std::uint64_t seed = 1;
  bool undisturbed = false;
  bool replay = false;
  std::filesystem::path svg;
};

/// The options of the command line. Prints the help if that is asked for, and returns nothing.
/// @throws CLI::ParseError
std::optional<Options> parse(int count, const char* const* arguments);

}  // namespace example::stream

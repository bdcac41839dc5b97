#pragma once
// The trainings behind Figure 14, as fig14.sh prints them: a CSV file with a line for every shape.

#include "paper/options.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace paper {

/// A trained MSDNet of Figure 14.
struct Shape {
  char part = 'a';  ///< of the figure: a, its sizes; b, its branches
  std::size_t blocks = 0, base = 0, step = 0, channels = 0, growth = 0;
  std::size_t convolutions = 0, fully_connected = 0;  ///< of a branch
  std::size_t exits = 0;
  double accuracy_mean = 0, accuracy_last = 0;  ///< of all exits and of the last, in [0, 1]
  double milliseconds = 0;                      ///< all conv parts and branches
  std::size_t epochs = 0, seed = 0;
  std::string command;  ///< that trained it
};

/// Where they are.
[[nodiscard]] inline std::filesystem::path shapes_file(const Options& options) {
  return options.data / "fig14.csv";
}

/// @throws einet::io::FileError naming the file and, where a cell is not as it should be, line and field
[[nodiscard]] std::vector<Shape> read_shapes(const std::filesystem::path& path);

}  // namespace paper

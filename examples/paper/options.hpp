#pragma once
// The command line of the program `paper`.

#include <cstddef>
#include <filesystem>
#include <vector>

namespace paper {

/// In a profile: half of them are for fitting, and training holds some of those back.
inline constexpr std::size_t fewest_samples = 4;

struct Options {
  std::vector<std::filesystem::path> profiles;
  std::filesystem::path data = EINET_SOURCE_DIR "/examples/data";  ///< the shipped files
  std::filesystem::path csv;                                       ///< folder; empty: none written
  std::filesystem::path svg;                                       ///< the same
  bool held_out = true;           ///< or as the paper: fitted on what it reports on
  std::size_t samples = 10'000;   ///< at most, of every profile
  std::size_t epochs = 4;         ///< of training the paper's predictor
  std::size_t runs = 10'000;      ///< of the network of fig4
  std::filesystem::path weights;  ///< of the network for fig4; empty: an MSDNet-40 that is not trained
};

}  // namespace paper

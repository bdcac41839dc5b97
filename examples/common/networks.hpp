#pragma once
// The networks that the programs know, their sizes, and how these are written into a file of weights.

#include <einet/io/safetensors.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/networks/parts.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace example {

/// A network and its sizes.
struct NetworkSizes {
  std::string network = "vgg16";
  einet::nn::Shape image{32, 32, 1};
  std::size_t classes = 10;
  double width = .25;
  einet::nn::BranchOptions branch{.channels = 16, .hidden = 64};
  // Of a ResNet-50.
  std::size_t every_unit = 0;  // 1: an exit at every residual unit
  // Of an MSDNet.
  std::size_t branched = 0;  // 1: branches like the others' in place of its own classifiers
  std::size_t blocks = 21;
  std::size_t base = 4;
  std::size_t step = 2;
  std::size_t first_channels = 16;
  std::size_t growth = 6;
  std::size_t head_channels = 128;
};

/// A size of some of the networks.
struct SizeField {
  const char* key;  ///< in the metadata of weights; on the command line, with hyphens
  std::size_t& (*of)(NetworkSizes&);
  std::size_t low, high;
  bool (*applies)(const NetworkSizes&);
  const char* help;
};

/// What decides whether others apply comes before them.
[[nodiscard]] const std::vector<SizeField>& size_fields();

/// The network in a message about its sizes.
[[nodiscard]] std::string kind_of(const NetworkSizes& sizes);

/// What the command line calls the networks: MSDNets of the paper's two shapes have names of their own.
[[nodiscard]] std::vector<std::string> network_choices();

/// The sizes by default of a network of network_choices().
[[nodiscard]] NetworkSizes default_sizes(const std::string& choice);

/// Throws std::invalid_argument naming the size that cannot be.
[[nodiscard]] einet::nn::Graph make_network(const NetworkSizes& sizes);

/// The sizes as metadata of a file of weights. Channels of images are left out if there is one, classes if
/// there are ten, numbers of a branch's layers if they are the paper's, and that an MSDNet has its own
/// classifiers.
[[nodiscard]] einet::io::Metadata describe(NetworkSizes sizes);

/// What describe() wrote.
/// @throws einet::io::FileError naming file and field
[[nodiscard]] NetworkSizes described_sizes(const einet::io::SafetensorsFile& file);

/// The number that the metadata of `file` has for `key`; `otherwise`, if it has none.
/// @throws einet::io::FileError if it is missing or not in [low, high]
[[nodiscard]] double number_in(const einet::io::SafetensorsFile& file, const std::string& key, double low,
                               double high, std::optional<double> otherwise = std::nullopt);

/// A whole number, by the same rules.
[[nodiscard]] std::size_t whole_number_in(const einet::io::SafetensorsFile& file, const std::string& key,
                                          std::size_t low, std::size_t high,
                                          std::optional<std::size_t> otherwise = std::nullopt);

}  // namespace example

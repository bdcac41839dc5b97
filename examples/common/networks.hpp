#pragma once
// The networks that the programs know, their sizes, and how these are written into a file of weights.

#include <einet/io/file_error.hpp>
#include <einet/io/safetensors.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/networks/b_alexnet.hpp>
#include <einet/nn/networks/flex_vgg16.hpp>
#include <einet/nn/networks/msdnet.hpp>
#include <einet/nn/networks/resnet50.hpp>
#include <einet/nn/networks/vgg16.hpp>
#include <einet/nn/networks/vit.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
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

[[nodiscard]] inline bool is_msdnet(const NetworkSizes& sizes) {
  return sizes.network == "msdnet";
}
[[nodiscard]] inline bool has_branches(const NetworkSizes& sizes) {
  return sizes.network == "vgg16" || sizes.network == "flex_vgg16" || sizes.network == "resnet50" ||
         (is_msdnet(sizes) && sizes.branched != 0);
}

/// The network in a message about its sizes.
[[nodiscard]] inline std::string kind_of(const NetworkSizes& sizes) {
  return (sizes.branched != 0 ? "branched " : "") + sizes.network;
}

/// What decides whether others apply comes before them.
[[nodiscard]] inline const std::vector<SizeField>& size_fields() {
  using Sizes = NetworkSizes;
  static const std::vector<SizeField> fields{
      {"branched", [](Sizes& s) -> std::size_t& { return s.branched; }, 0, 1, is_msdnet,
       "1: branches like the other networks' in place of an MSDNet's own classifiers"},
      {"branch_pool", [](Sizes& s) -> std::size_t& { return s.branch.pool; }, 1, 4096, has_branches,
       "pixels each way that a branch averages its map to"},
      {"branch_channels", [](Sizes& s) -> std::size_t& { return s.branch.channels; }, 1, 4096, has_branches,
       "channels of a branch's convolutions"},
      {"branch_hidden", [](Sizes& s) -> std::size_t& { return s.branch.hidden; }, 1, 4096, has_branches,
       "hidden units of a branch"},
      {"branch_convolutions", [](Sizes& s) -> std::size_t& { return s.branch.convolutions; }, 0, 16,
       has_branches, "convolutions of a branch"},
      {"branch_fully_connected", [](Sizes& s) -> std::size_t& { return s.branch.fully_connected; }, 1, 16,
       has_branches, "fully connected layers of a branch"},
      {"every_unit", [](Sizes& s) -> std::size_t& { return s.every_unit; }, 0, 1,
       [](const Sizes& s) { return s.network == "resnet50"; },
       "1: an exit at every residual unit, 17 in all"},
      {"blocks", [](Sizes& s) -> std::size_t& { return s.blocks; }, 1, 256, is_msdnet, "blocks of an MSDNet"},
      {"base", [](Sizes& s) -> std::size_t& { return s.base; }, 1, 64, is_msdnet,
       "layers of the first block"},
      {"step", [](Sizes& s) -> std::size_t& { return s.step; }, 1, 64, is_msdnet,
       "layers of every other block"},
      {"first_channels", [](Sizes& s) -> std::size_t& { return s.first_channels; }, 1, 1024, is_msdnet,
       "channels of the first layer"},
      {"growth", [](Sizes& s) -> std::size_t& { return s.growth; }, 1, 1024, is_msdnet,
       "channels that a layer adds"},
      {"head_channels", [](Sizes& s) -> std::size_t& { return s.head_channels; }, 1, 4096,
       [](const Sizes& s) { return is_msdnet(s) && s.branched == 0; },
       "channels of an MSDNet's own classifiers"}};
  return fields;
}

inline constexpr std::array<std::string_view, 6> network_names{"b_alexnet", "vgg16",  "flex_vgg16",
                                                               "resnet50",  "msdnet", "vit"};

/// What the command line calls them: MSDNets of the paper's two shapes have names of their own.
[[nodiscard]] inline std::vector<std::string> network_choices() {
  std::vector<std::string> names(network_names.begin(), network_names.end());
  names.insert(names.end(), {"msdnet21", "msdnet40"});
  return names;
}

/// The sizes by default of a network of network_choices().
[[nodiscard]] inline NetworkSizes default_sizes(const std::string& choice) {
  NetworkSizes sizes;
  sizes.network = choice == "msdnet21" || choice == "msdnet40" ? "msdnet" : choice;
  if (choice == "msdnet40") {
    sizes.blocks = 40;
    sizes.step = 1;
  }
  return sizes;
}

/// Throws std::invalid_argument naming the size that cannot be.
[[nodiscard]] inline einet::nn::Graph make_network(const NetworkSizes& sizes) {
  namespace nn = einet::nn;
  const auto& [network, image, classes, width, branch, every_unit, branched, blocks, base, step,
               first_channels, growth, head_channels] = sizes;
  if (network == "vgg16") return nn::vgg16({image, classes, width, branch});
  if (network == "flex_vgg16")
    return nn::flex_vgg16({.image = image, .classes = classes, .width = width, .branch = branch});
  if (network == "b_alexnet") return nn::b_alexnet({.image = image, .classes = classes, .width = width});
  if (network == "resnet50")
    return nn::resnet50({.image = image,
                         .classes = classes,
                         .width = width,
                         .exit_at_every_unit = every_unit != 0,
                         .branch = branch});
  if (network == "msdnet")
    return nn::msdnet({.image = image,
                       .classes = classes,
                       .width = width,
                       .blocks = blocks,
                       .base = base,
                       .step = step,
                       .channels = first_channels,
                       .growth = growth,
                       .head_channels = head_channels,
                       .branch = branched != 0 ? std::optional(branch) : std::nullopt});
  if (network == "vit") return nn::vit({.image = image, .classes = classes, .width = width});
  throw std::invalid_argument("network is '" + network + "', which is none that is known");
}

/// Whether files of weights need not have it.
[[nodiscard]] inline bool may_be_missing(const SizeField& field) {
  const std::string_view key = field.key;
  return key == "branched" || key == "branch_convolutions" || key == "branch_fully_connected";
}

/// The sizes as metadata of a file of weights. Channels of images are left out if there is one, classes if
/// there are ten, numbers of a branch's layers if they are the paper's, and that an MSDNet has its own
/// classifiers.
[[nodiscard]] inline einet::io::Metadata describe(NetworkSizes sizes) {
  einet::io::Metadata metadata{{"network", sizes.network}, {"width", std::to_string(sizes.width)}};
  if (sizes.image.channels != 1) metadata["channels"] = std::to_string(sizes.image.channels);
  if (sizes.classes != 10) metadata["classes"] = std::to_string(sizes.classes);
  NetworkSizes usual = sizes;
  usual.branch.convolutions = einet::nn::BranchOptions{}.convolutions;
  usual.branch.fully_connected = einet::nn::BranchOptions{}.fully_connected;
  usual.branched = 0;
  for (const SizeField& field : size_fields())
    if (field.applies(sizes) && (!may_be_missing(field) || field.of(sizes) != field.of(usual)))
      metadata[field.key] = std::to_string(field.of(sizes));
  return metadata;
}

/// The number that the metadata of `file` has for `key`; of `otherwise`, if it has none.
/// @throws einet::io::FileError if it is missing or not in [low, high]
[[nodiscard]] inline double number_in(const einet::io::SafetensorsFile& file, const std::string& key,
                                      double low, double high,
                                      std::optional<double> otherwise = std::nullopt) {
  const std::string field = "metadata '" + key + "'";
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end()) {
    if (otherwise) return *otherwise;
    throw einet::io::FileError(file.path(), field, "is missing");
  }
  const std::string& text = found->second;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= low && value <= high)) {
    const auto shown = [](double bound) {
      std::array<char, 32> digits{};
      std::snprintf(digits.data(), digits.size(), "%g", bound);
      return std::string(digits.data());
    };
    throw einet::io::FileError(
        file.path(), field, "is '" + text + "', expected a number from " + shown(low) + " to " + shown(high));
  }
  return value;
}

/// A whole number, by the same rules.
[[nodiscard]] inline std::size_t whole_number_in(const einet::io::SafetensorsFile& file,
                                                 const std::string& key, std::size_t low, std::size_t high,
                                                 std::optional<std::size_t> otherwise = std::nullopt) {
  const double value = number_in(file, key, static_cast<double>(low), static_cast<double>(high),
                                 otherwise ? std::optional(static_cast<double>(*otherwise)) : std::nullopt);
  const auto whole = static_cast<std::size_t>(value);
  if (static_cast<double>(whole) != value)
    throw einet::io::FileError(file.path(), "metadata '" + key + "'",
                               "is '" + file.metadata().at(key) + "', expected a whole number");
  return whole;
}

/// What describe() wrote.
/// @throws einet::io::FileError naming file and field
[[nodiscard]] inline NetworkSizes described_sizes(const einet::io::SafetensorsFile& file) {
  NetworkSizes sizes;
  const auto found = file.metadata().find("network");
  sizes.network = found == file.metadata().end() ? "" : found->second;
  if (std::ranges::find(network_names, sizes.network) == network_names.end())
    throw einet::io::FileError(
        file.path(), "metadata 'network'",
        sizes.network.empty() ? "is missing" : "is '" + sizes.network + "', which is not known");
  sizes.width = number_in(file, "width", .001, 64);
  sizes.image.channels = whole_number_in(file, "channels", 1, 4096, 1);
  sizes.classes = whole_number_in(file, "classes", 1, 4096, 10);
  for (const SizeField& field : size_fields()) {
    if (!field.applies(sizes)) continue;
    const auto otherwise = may_be_missing(field) ? std::optional(field.of(sizes)) : std::nullopt;
    field.of(sizes) = whole_number_in(file, field.key, field.low, field.high, otherwise);
  }
  return sizes;
}

}  // namespace example

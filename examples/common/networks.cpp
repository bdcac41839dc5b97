#include "networks.hpp"

#include <einet/io/file_error.hpp>
#include <einet/nn/networks/b_alexnet.hpp>
#include <einet/nn/networks/flex_vgg16.hpp>
#include <einet/nn/networks/msdnet.hpp>
#include <einet/nn/networks/resnet50.hpp>
#include <einet/nn/networks/vgg16.hpp>
#include <einet/nn/networks/vit.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <stdexcept>
#include <string_view>

namespace example {

namespace {

constexpr std::array<std::string_view, 6> network_names{"b_alexnet", "vgg16",  "flex_vgg16",
                                                        "resnet50",  "msdnet", "vit"};

bool is_msdnet(const NetworkSizes& sizes) {
  return sizes.network == "msdnet";
}
bool has_branches(const NetworkSizes& sizes) {
  return sizes.network == "vgg16" || sizes.network == "flex_vgg16" || sizes.network == "resnet50" ||
         (is_msdnet(sizes) && sizes.branched != 0);
}

/// Whether files of weights need not have it.
bool may_be_missing(const SizeField& field) {
  const std::string_view key = field.key;
  return key == "branched" || key == "branch_convolutions" || key == "branch_fully_connected";
}

}  // namespace

const std::vector<SizeField>& size_fields() {
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

std::string kind_of(const NetworkSizes& sizes) {
  return (sizes.branched != 0 ? "branched " : "") + sizes.network;
}

std::vector<std::string> network_choices() {
  std::vector<std::string> names(network_names.begin(), network_names.end());
  names.insert(names.end(), {"msdnet21", "msdnet40"});
  return names;
}

NetworkSizes default_sizes(const std::string& choice) {
  NetworkSizes sizes;
  sizes.network = choice == "msdnet21" || choice == "msdnet40" ? "msdnet" : choice;
  if (choice == "msdnet40") {
    sizes.blocks = 40;
    sizes.step = 1;
  }
  return sizes;
}

einet::nn::Graph make_network(const NetworkSizes& sizes) {
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

einet::io::Metadata describe(NetworkSizes sizes) {
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

NetworkSizes described_sizes(const einet::io::SafetensorsFile& file) {
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

double number_in(const einet::io::SafetensorsFile& file, const std::string& key, double low, double high,
                 std::optional<double> otherwise) {
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

std::size_t whole_number_in(const einet::io::SafetensorsFile& file, const std::string& key, std::size_t low,
                            std::size_t high, std::optional<std::size_t> otherwise) {
  const double value = number_in(file, key, static_cast<double>(low), static_cast<double>(high),
                                 otherwise ? std::optional(static_cast<double>(*otherwise)) : std::nullopt);
  const auto whole = static_cast<std::size_t>(value);
  if (static_cast<double>(whole) != value)
    throw einet::io::FileError(file.path(), "metadata '" + key + "'",
                               "is '" + file.metadata().at(key) + "', expected a whole number");
  return whole;
}

}  // namespace example

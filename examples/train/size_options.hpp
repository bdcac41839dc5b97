#pragma once
// The options that choose a network and its sizes.

#include "common/arguments.hpp"
#include "common/networks.hpp"

#include <cstddef>
#include <map>
#include <string>

#include <CLI/CLI.hpp>

namespace train {

/// Options for the sizes of a network.
class SizeFields {
 public:
  /// Adds the options.
  explicit SizeFields(CLI::App& app) {
    for (const example::SizeField& field : example::size_fields())
      app.add_option(example::option_of(field.key), given_[field.key], field.help)
          ->check(example::a_whole_number(field.low, field.high));
  }
  SizeFields(const SizeFields&) = delete;
  SizeFields& operator=(const SizeFields&) = delete;

  /// `sizes`, with those in place of them that the command line says.
  /// @throws CLI::ValidationError for a size that the network does not have
  [[nodiscard]] example::NetworkSizes over(example::NetworkSizes sizes, const CLI::App& app) const {
    for (const example::SizeField& field : example::size_fields()) {
      const std::string option = example::option_of(field.key);
      if (app.count(option) == 0) continue;
      if (!field.applies(sizes))
        throw CLI::ValidationError(option, "is no size of a " + example::kind_of(sizes));
      field.of(sizes) = given_.at(field.key);
    }
    return sizes;
  }

 private:
  std::map<std::string, std::size_t> given_;
};

/// Options for a network and its sizes.
class SizeOptions {
 public:
  /// Adds the options.
  explicit SizeOptions(CLI::App& app) : network_(app), fields_(app) {}

  /// What the command line says; image and classes are those of the data.
  /// @throws CLI::ValidationError for a size that the network does not have
  [[nodiscard]] example::NetworkSizes chosen(const CLI::App& app) const {
    example::NetworkSizes sizes = example::default_sizes(network_.name);
    sizes.width = network_.width;
    // Less than the paper's branches, and better at a random stop (docs/training.md).
    sizes.branch.pool = 4;
    sizes.branch.fully_connected = 1;
    return fields_.over(sizes, app);
  }

 private:
  struct Network {
    explicit Network(CLI::App& app) {
      app.add_option("--network", name, "what to train")
          ->check(CLI::IsMember(example::network_choices()))
          ->capture_default_str();
      app.add_option("--width", width, "factor on the published numbers of channels")
          ->check(example::a_number(.001, 64))
          ->capture_default_str();
    }
    std::string name = example::NetworkSizes{}.network;
    double width = example::NetworkSizes{}.width;
  };

  Network network_;
  SizeFields fields_;
};

}  // namespace train

#pragma once
// The options that choose a network and its sizes.

#include "common/arguments.hpp"
#include "common/networks.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

namespace train {

class SizeOptions {
 public:
  /// Adds the options.
  explicit SizeOptions(CLI::App& app) {
    app.add_option("--network", network_, "what to train")
        ->check(CLI::IsMember(example::network_choices()))
        ->capture_default_str();
    app.add_option("--width", width_, "factor on the published numbers of channels")
        ->check(example::a_number(.001, 64))
        ->capture_default_str();
    add_fields(app);
  }

  struct Fields {};
  /// Adds the options for sizes alone, of a network that is chosen elsewhere.
  SizeOptions(CLI::App& app, Fields) { add_fields(app); }
  SizeOptions(const SizeOptions&) = delete;
  SizeOptions& operator=(const SizeOptions&) = delete;

  /// What the command line says; image and classes are those of the data.
  /// @throws CLI::ValidationError for a size that the network does not have
  [[nodiscard]] example::NetworkSizes chosen(const CLI::App& app) const {
    example::NetworkSizes sizes = example::default_sizes(network_);
    sizes.width = width_;
    return over(std::move(sizes), app);
  }

  /// `sizes`, with those in place of them that the command line says.
  /// @throws CLI::ValidationError for a size that the network does not have
  [[nodiscard]] example::NetworkSizes over(example::NetworkSizes sizes, const CLI::App& app) const {
    for (const example::SizeField& field : example::size_fields()) {
      const std::string option = example::option_of(field.key);
      if (app.count(option) == 0) continue;
      if (!example::applies(field, sizes.network))
        throw CLI::ValidationError(option, "is no size of a " + sizes.network);
      field.of(sizes) = given_.at(field.key);
    }
    return sizes;
  }

 private:
  void add_fields(CLI::App& app) {
    for (const example::SizeField& field : example::size_fields())
      app.add_option(example::option_of(field.key), given_[field.key], field.help)
          ->check(example::a_whole_number(field.low, field.high));
  }

  std::string network_ = example::NetworkSizes{}.network;
  double width_ = example::NetworkSizes{}.width;
  std::map<std::string, std::size_t> given_;
};

}  // namespace train

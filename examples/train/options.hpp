#pragma once
// The command line of `train`.

#include "common/arguments.hpp"
#include "common/networks.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

namespace train {

struct Options {
  std::filesystem::path data = "/usr/share/datasets/fashion-mnist";
  std::string format = "detect";
  std::filesystem::path out = "trained";
  example::NetworkSizes sizes{};  ///< image and classes are those of the data
  std::size_t epochs = 12;
  std::size_t batch = 64;
  double rate = 0.05;
  std::string loss_weights = "even";
  std::size_t shift = 2;
  bool flip = false;
  std::size_t limit = 0;
  std::size_t profile_images = 0;
  std::size_t top_scores = 0;
  std::size_t threads = std::thread::hardware_concurrency();
  std::uint64_t seed = 1;
  std::filesystem::path weights;  ///< empty: train
  std::vector<std::filesystem::path> measure;

  [[nodiscard]] bool last_alone() const { return loss_weights == "last"; }
};

/// What the command line says; help has been printed if it returns nothing.
/// @throws CLI::ParseError
inline std::optional<Options> parse(int count, const char* const* arguments) {
  Options options;
  CLI::App app{"Trains a network with exits, profiles it and fits a predictor."};
  app.add_option("--data", options.data, "folder with the files of the data set")
      ->check(example::a_path)
      ->capture_default_str();
  app.add_option("--format", options.format, "format of the data set (mnist for Fashion-MNIST, too)")
      ->check(CLI::IsMember({"detect", "mnist", "cifar10", "cifar100"}))
      ->capture_default_str();
  app.add_option("--out", options.out, "folder for the results")
      ->check(example::a_path)
      ->capture_default_str();
  std::string network = options.sizes.network;
  app.add_option("--network", network, "what to train")
      ->check(CLI::IsMember(example::network_choices()))
      ->capture_default_str();
  double width = options.sizes.width;
  app.add_option("--width", width, "factor on the published numbers of channels")
      ->check(example::a_number(.001, 64))
      ->capture_default_str();
  std::map<std::string, std::size_t> given;
  for (const example::SizeField& field : example::size_fields()) {
    std::string name = field.key;
    std::ranges::replace(name, '_', '-');
    app.add_option("--" + name, given[field.key], field.help)
        ->check(example::a_whole_number(field.low, field.high));
  }
  app.add_option("--epochs", options.epochs, "epochs to train")
      ->check(example::a_whole_number(1, 10000))
      ->capture_default_str();
  app.add_option("--batch", options.batch, "images in a batch; batch norms need more than one")
      ->check(example::a_whole_number(2, 4096))
      ->capture_default_str();
  app.add_option("--rate", options.rate, "highest learning rate")
      ->check(example::a_number(1e-6, 10))
      ->capture_default_str();
  app.add_option("--loss-weights", options.loss_weights,
                 "weights of the exits' losses; last trains the last exit alone")
      ->check(CLI::IsMember({"even", "plan-aware", "last"}))
      ->capture_default_str();
  app.add_option("--shift", options.shift, "shift training images by up to this many pixels")
      ->check(example::a_whole_number(0, 8))
      ->capture_default_str();
  app.add_flag("--flip", options.flip, "mirror half of the training images (not for digits)");
  app.add_option("--limit", options.limit, "use at most this many training and test images each; 0: all")
      ->check(example::a_whole_number(0, 1'000'000'000))
      ->capture_default_str();
  app.add_option("--profile-images", options.profile_images,
                 "profile this many test images, half of them to fit and half to report on; 0: all")
      ->check(example::a_whole_number(0, 1'000'000'000))
      ->capture_default_str();
  app.add_option("--top-scores", options.top_scores,
                 "keep the scores of this many most probable classes in the profile")
      ->check(example::a_whole_number(0, 100))
      ->capture_default_str();
  app.add_option("--threads", options.threads, "threads to train with; the weights do not depend on them")
      ->check(example::a_whole_number(1, 1024))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "seed of everything random")
      ->check(example::a_whole_number(0, std::size_t{1} << 53))
      ->capture_default_str();
  app.add_option("--weights", options.weights,
                 "instead of training, take the weights in this file, as examples/pytorch/train.py writes it")
      ->check(example::a_path);
  app.add_option(
         "--measure", options.measure,
         "instead of training, measure the networks in these folders in turn and write the times into "
         "their profiles, on the scale of the first, whose profile stays as it is")
      ->expected(2, 100)
      ->check(example::a_path);
  if (!example::read_command_line(app, count, arguments)) return std::nullopt;
  example::expect_different("--measure", options.measure);
  options.sizes = example::default_sizes(network);
  options.sizes.width = width;
  for (const example::SizeField& field : example::size_fields()) {
    std::string name = "--" + std::string(field.key);
    std::ranges::replace(name.begin() + 2, name.end(), '_', '-');
    if (app.count(name) == 0) continue;
    if (!example::applies(field, options.sizes.network))
      throw CLI::ValidationError(name, "is no size of a " + options.sizes.network);
    field.of(options.sizes) = given[field.key];
  }
  return options;
}

}  // namespace train

#pragma once
// The command line of `train`.

#include "common/arguments.hpp"
#include "train/recipe_options.hpp"
#include "train/size_options.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
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
  Recipe recipe{};
  std::size_t limit = 0;
  std::size_t profile_images = 0;
  std::size_t top_scores = 0;
  std::size_t threads = std::thread::hardware_concurrency();
  std::uint64_t seed = 1;
  std::filesystem::path weights;  ///< empty: train
  std::vector<std::filesystem::path> measure;
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
  SizeOptions sizes(app);
  add_settings(app, options.recipe);
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
  options.sizes = sizes.chosen(app);
  return options;
}

}  // namespace train

#include "demo/options.hpp"

#include "common/arguments.hpp"

#include <initializer_list>
#include <string>

#include <CLI/CLI.hpp>

namespace example::demo {

namespace {

/// Refuses to write two outputs to one file, or to overwrite what the demo reads.
/// @throws CLI::ValidationError naming the option
void expect_files_apart(const Options& options) {
  const auto apart = [](const char* option, const std::filesystem::path& output,
                        std::initializer_list<std::filesystem::path> others) {
    if (output.empty()) return;
    for (const auto& other : others)
      if (!other.empty() && same_file(output, other))
        throw CLI::ValidationError(option, other.string() + " is needed for something else");
  };
  const auto& [weights, profile, predictor, images, labels] = options.files;
  const std::initializer_list<std::filesystem::path> inputs{weights, profile, predictor, images, labels};
  apart("--json", options.json, inputs);
  apart("--csv", options.csv, inputs);
  apart("--csv", options.csv, {options.json});
  apart("--svg", options.svg, inputs);
  apart("--svg", options.svg, {options.json, options.csv});
  apart("--trace", options.trace, inputs);
  apart("--trace", options.trace, {options.json, options.csv, options.svg});
}

}  // namespace

std::optional<Options> parse(int count, const char* const* arguments) {
  Options options;
  CLI::App app{"Stops a network with exits at random moments, under several strategies."};
  app.add_option("--images", options.images, "number of images to run")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000000}))
      ->capture_default_str();
  std::filesystem::path data = EINET_SOURCE_DIR "/examples/data", weights;
  CLI::Option* const folder =
      app.add_option("--data", data,
                     "folder with weights, images, profile and predictor, as `train` leaves it")
          ->check(a_path)
          ->capture_default_str();
  std::string network;
  app.add_option("--network", network, "a network that is shipped for CIFAR-10, instead of a folder")
      ->check(CLI::IsMember({"vgg16", "resnet50", "msdnet21"}))
      ->excludes(folder);
  app.add_option("--weights", weights, "weights of the network (default: those in the folder)")
      ->check(a_path);
  app.add_option("--seed", options.seed, "seed of the stopping moments and of the order of the strategies")
      ->capture_default_str();
  app.add_option("--json", options.json, "write all results to this file as JSON")->check(a_path);
  app.add_option("--csv", options.csv, "write the table to this file as CSV")->check(a_path);
  app.add_option("--svg", options.svg, "draw the accuracy of the answer in hand against time to this file")
      ->check(a_path);
  app.add_option(
         "--trace", options.trace,
         "write what every strategy did on the first images to this file, for https://ui.perfetto.dev")
      ->check(a_path);
  app.add_flag("--watch", options.watch,
               "show the runs of a few images as they go, slowed down, and no figures")
      ->excludes("--json")
      ->excludes("--csv")
      ->excludes("--svg")
      ->excludes("--trace");
  if (!read_command_line(app, count, arguments)) return std::nullopt;
  options.files = network.empty() ? files_in(data) : shipped_files(network);
  if (!weights.empty()) options.files.weights = weights;
  expect_files_apart(options);
  return options;
}

}  // namespace example::demo

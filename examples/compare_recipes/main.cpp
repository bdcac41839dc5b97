// Compares recipes: trains a network by each with several seeds, and judges all by the same measured times
// under a stop that may come at any moment. Goes on where it was interrupted.

#include "compare_recipes/network_times.hpp"
#include "compare_recipes/recipes.hpp"
#include "compare_recipes/report.hpp"
#include "compare_recipes/results.hpp"
#include "train/size_options.hpp"
#include "train/training_run.hpp"

#include <einet/nn/training/initialise.hpp>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <tbb/global_control.h>

namespace {

using namespace einet;
using namespace lab;

volatile std::sig_atomic_t interrupted = 0;

/// The first signal asks to stop; the second ends the program.
void interrupt(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

struct Options {
  std::filesystem::path recipes, data, out = "recipes", times, csv;
  example::NetworkSizes sizes{};
  std::vector<std::size_t> seeds{1};
  std::size_t validation = 5000, limit = 0;
  std::size_t threads = std::thread::hardware_concurrency();
};

std::optional<Options> parse(int count, const char* const* arguments) {
  Options options;
  CLI::App app{
      "Compares recipes for training a network with exits, by what it answers at a stop that may come at any "
      "moment. The first recipe is what the others are compared with."};
  app.add_option("RECIPES", options.recipes, "file of recipes, see examples/compare_recipes/README.md")
      ->required()
      ->check(example::a_path);
  app.add_option("--data", options.data, "folder with the files of the data set")
      ->required()
      ->check(example::a_path);
  train::SizeOptions sizes(app);
  app.add_option("--seeds", options.seeds, "trains each recipe with each of them")
      ->delimiter(',')
      ->check(example::a_whole_number(0, std::size_t{1} << 53))
      ->capture_default_str();
  app.add_option("--out", options.out, "folder for checkpoints and answers")
      ->check(example::a_path)
      ->capture_default_str();
  app.add_option("--validation", options.validation,
                 "judge on this many of the training images, the last, and train on the others; 0: on the "
                 "test images")
      ->check(example::a_whole_number(0, 1'000'000'000))
      ->capture_default_str();
  app.add_option("--limit", options.limit, "train on at most this many images; 0: all")
      ->check(example::a_whole_number(0, 1'000'000'000))
      ->capture_default_str();
  app.add_option("--times", options.times,
                 "profile with the times to judge by; by default they are measured once")
      ->check(example::a_path);
  app.add_option("--csv", options.csv, "write a line for every training to this file")
      ->check(example::a_path);
  app.add_option("--threads", options.threads, "threads to train with")
      ->check(example::a_whole_number(1, 1024))
      ->capture_default_str();
  if (!example::read_command_line(app, count, arguments)) return std::nullopt;
  for (const std::size_t seed : options.seeds)
    if (std::ranges::count(options.seeds, seed) > 1)
      throw CLI::ValidationError("--seeds", std::to_string(seed) + " is there twice");
  options.sizes = sizes.chosen(app);
  return options;
}

/// What all trainings share.
struct Data {
  data::Dataset images, judged;
};

Data load(const Options& options) {
  Data data{train::load_images(options.data, "detect", data::Split::train), {}};
  if (options.validation == 0) {
    data.judged = train::load_images(options.data, "detect", data::Split::test);
  } else {
    if (options.validation >= data.images.count)
      throw CLI::ValidationError(
          "--validation", "leaves none of the " + std::to_string(data.images.count) + " training images");
    const std::size_t rest = data.images.count - options.validation;
    data.judged = data::slice(data.images, rest, options.validation);
    data.images = data::slice(data.images, 0, rest);
  }
  if (options.limit > 0) data.images = data::slice(data.images, 0, options.limit);
  return data;
}

class Laboratory {
 public:
  Laboratory(const Options& options, std::vector<NamedRecipe> recipes)
      : options_(options),
        recipes_(std::move(recipes)),
        data_(load(options)),
        times_(options.out, options.times, options.sizes, recipes_,
               [&](const example::NetworkSizes& sizes) { return network_of(sizes).network; }) {}

  /// Trains what is not trained yet, seed by seed, so that what is there can be compared.
  /// @return false if it was interrupted
  bool run() {
    for (const std::size_t seed : options_.seeds)
      for (const NamedRecipe& recipe : recipes_)
        if (!run(recipe, seed)) return false;
    return true;
  }

  [[nodiscard]] Report report() const { return {recipes_, results_, times_}; }
  [[nodiscard]] const Data& data() const noexcept { return data_; }

 private:
  /// A training that is done, judged.
  void add(Result result) {
    const Times& times = times_.of(std::ranges::find(recipes_, result.recipe, &NamedRecipe::name)->sizes);
    result.newest = worth_of(result.answers, times, times_.last_stop());
    result.combined = combined_worth_of(result.answers, times, times_.last_stop());
    results_.push_back(std::move(result));
  }

  [[nodiscard]] example::Trained network_of(const example::NetworkSizes& sizes) const {
    return train::network_for(data_.images, options_.data, sizes);
  }

  bool run(const NamedRecipe& recipe, std::size_t seed) {
    const std::filesystem::path folder = options_.out / (recipe.name + "-" + std::to_string(seed));
    const std::filesystem::path done = folder / "answers.safetensors";
    const std::size_t exits = times_.of(recipe.sizes).exit_count();
    io::Metadata settings = train::settings_of(recipe.recipe);
    example::Trained trained = network_of(recipe.sizes);
    const io::Metadata described = example::describe(trained.sizes, trained.normalisation);
    settings.insert(described.begin(), described.end());
    settings["seed"] = std::to_string(seed);
    settings["images"] = std::to_string(data_.images.count);
    settings["judged"] =
        std::to_string(data_.judged.count) + (options_.validation == 0 ? " test images" : " training images");
    Result result{recipe.name, seed, recipe.recipe.epochs};
    if (std::filesystem::exists(done)) {
      result.answers = read_answers(done, settings, result.seconds);
      if (result.answers.exits != exits || result.answers.samples() != data_.judged.count)
        throw io::FileError(done, "tensor 'correct'",
                            "has another shape than " + std::to_string(data_.judged.count) + " images and " +
                                std::to_string(exits) + " exits");
      add(std::move(result));
      return true;
    }
    std::printf("%s, seed %zu\n", recipe.name.c_str(), seed);
    std::filesystem::create_directories(folder);
    nn::initialise(trained.network, seed);
    const std::filesystem::path checkpoint = folder / "checkpoint.safetensors";
    train::TrainingRun run(
        {trained, recipe.recipe, seed, checkpoint, described, [] { return interrupted != 0; }});
    const train::Images training{&data_.images, &trained, train::every(data_.images.count, 1, 0),
                                 recipe.recipe};
    // Loss weights must not follow the images that judge.
    const train::Images watched{&data_.images, &trained,
                                train::every(std::min<std::size_t>(1000, data_.images.count), 1, 0)};
    if (!run.train(training, watched)) return false;
    result.seconds = run.seconds();
    const train::Images judged{&data_.judged, &trained, train::every(data_.judged.count, 1, 0)};
    const std::size_t classes = trained.network.classes();
    result.answers = {exits,
                      classes,
                      std::vector<std::uint8_t>(judged.size() * exits),
                      {data_.judged.labels.begin(), data_.judged.labels.end()},
                      std::vector<float>(judged.size() * exits * classes)};
    nn::for_each_score(
        run.network(), judged, [&](std::size_t image, std::size_t exit, std::span<const float> scores) {
          const bool right = nn::predicted_class(scores) == judged.label(image);
          const std::size_t at = image * exits + exit;
          result.answers.correct[at] = right ? 1 : 0;
          const auto row = std::span(result.answers.log_probability).subspan(at * classes, classes);
          nn::softmax(scores, row);
          for (float& value : row) value = std::log((std::max)(value, 1e-38f));
        });
    save_result(done, result, settings);
    std::filesystem::remove(checkpoint);
    result.answers = read_answers(done, settings, result.seconds);  // rounded as they will be found again
    add(std::move(result));
    const Result& judging = results_.back();
    std::printf("%s, seed %zu: uniform %.2f, combined %.2f, last %.2f %% right\n", recipe.name.c_str(), seed,
                100 * mean(judging.newest), 100 * mean(judging.combined),
                100 * judging.answers.accuracy().back());
    std::fflush(stdout);
    return true;
  }

  const Options& options_;
  std::vector<NamedRecipe> recipes_;
  Data data_;
  NetworkTimes times_;
  std::vector<Result> results_{};
};

}  // namespace

int main(int argc, char** argv) {
  return example::run_program("compare_recipes", [&] {
    const auto options = parse(argc, argv);
    if (!options) return 0;
    std::signal(SIGINT, interrupt);
    std::signal(SIGTERM, interrupt);
    const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, options->threads);
    Laboratory laboratory(*options, read_recipes(options->recipes, options->sizes));
    const bool complete = laboratory.run();
    const Data& data = laboratory.data();
    laboratory.report().print(options->sizes.network, data.judged.count);
    if (!options->csv.empty())
      laboratory.report().save_csv(options->csv, std::vector<std::pair<std::string, std::string>>{
                                                     {"network", options->sizes.network},
                                                     {"width", number(options->sizes.width)},
                                                     {"data", options->data.filename().string()},
                                                     {"images", std::to_string(data.images.count)},
                                                     {"judged", std::to_string(data.judged.count)}});
    return complete ? 0 : 130;
  });
}

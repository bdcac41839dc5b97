// Compares recipes: trains a network by each with several seeds, and judges all by the same measured times
// under a stop that may come at any moment. Goes on where it was interrupted.

#include "compare_recipes/network_times.hpp"
#include "compare_recipes/recipes.hpp"
#include "compare_recipes/results.hpp"
#include "train/size_options.hpp"
#include "train/training_run.hpp"

#include <einet/io/atomic_file.hpp>
#include <einet/nn/training/initialise.hpp>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <numeric>
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
        times_((std::filesystem::create_directories(options.out), options.out), options.times, options.sizes,
               recipes_, [&](const example::NetworkSizes& sizes) { return network_of(sizes).network; }) {}

  /// Trains what is not trained yet, seed by seed, so that what is there can be compared.
  /// @return false if it was interrupted
  bool run() {
    for (const std::size_t seed : options_.seeds)
      for (const NamedRecipe& recipe : recipes_)
        if (!run(recipe, seed)) return false;
    return true;
  }

  void print() const {
    std::printf("\n%s, stopped within %.3f ms; %zu images judged by; percent right\n",
                options_.sizes.network.c_str(), 1e3 * times_.last_stop(), data_.judged.count);
    const std::string over = "over " + recipes_[0].name + ", +- seeds, +- samples";
    std::printf("%-20s %5s %8s %8s  %7s  %-34s  %8s  %-34s %6s %6s\n", "recipe", "seeds", "minutes", "ms",
                "uniform", over.c_str(), "combined", over.c_str(), "last", "mean");
    for (const NamedRecipe& recipe : recipes_) print(recipe);
  }

  void save_csv() const {
    if (options_.csv.empty()) return;
    std::string text =
        "network,width,data,images,judged,recipe,seed,epochs,seconds,ms,uniform,combined,last,mean,accuracy,"
        "settings\n";
    const auto number = [](double value) {
      char digits[32];
      std::snprintf(digits, sizeof digits, "%.6g", value);
      return std::string(digits);
    };
    for (const Result& result : results_) {
      const std::vector<double> accuracy = result.answers.accuracy();
      std::string each, settings;
      for (const double share : accuracy) each += (each.empty() ? "" : " ") + number(share);
      const io::Metadata usual = train::settings_of(train::Recipe{});
      const NamedRecipe& recipe = recipe_of(result.recipe);
      const auto add = [&](const std::string& word) { settings += (settings.empty() ? "" : " ") + word; };
      for (const auto& [key, value] : train::settings_of(recipe.recipe))
        if (value != usual.at(key)) add(key + "=" + value);
      for (const std::string& size : times_.other_sizes(recipe.sizes)) add(size);
      const std::string fields[] = {options_.sizes.network,
                                    number(options_.sizes.width),
                                    options_.data.filename().string(),
                                    std::to_string(data_.images.count),
                                    std::to_string(data_.judged.count),
                                    result.recipe,
                                    std::to_string(result.seed),
                                    std::to_string(result.epochs),
                                    number(std::round(result.seconds)),
                                    number(1e3 * times_.of(recipe.sizes).total()),
                                    number(mean(result.newest)),
                                    number(mean(result.combined)),
                                    number(accuracy.back()),
                                    number(mean(accuracy)),
                                    each,
                                    settings};
      for (const std::string& field : fields) text += (&field == fields ? "" : ",") + field;
      text += "\n";
    }
    io::AtomicFile file(options_.csv);
    file.write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    file.commit();
  }

 private:
  /// A training that is done, judged.
  void add(Result result) {
    const Times& times = times_.of(recipe_of(result.recipe).sizes);
    result.newest = worth_of(result.answers, times, times_.last_stop());
    result.combined = combined_worth_of(result.answers, times, times_.last_stop());
    results_.push_back(std::move(result));
  }

  static double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.) / static_cast<double>(values.size());
  }

  [[nodiscard]] const NamedRecipe& recipe_of(const std::string& name) const {
    return *std::ranges::find(recipes_, name, &NamedRecipe::name);
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
    add(std::move(result));
    const Result& judging = results_.back();
    std::printf("%s, seed %zu: uniform %.2f, combined %.2f, last %.2f %% right\n", recipe.name.c_str(), seed,
                100 * mean(judging.newest), 100 * mean(judging.combined),
                100 * judging.answers.accuracy().back());
    std::fflush(stdout);
    return true;
  }

  /// The mean worth of a recipe, and how much it is above that of the first, whose newest answers count.
  [[nodiscard]] std::pair<double, std::string> compared(const NamedRecipe& recipe,
                                                        std::vector<double> Result::*worth) const {
    double sum = 0;
    std::size_t seeds = 0;
    std::vector<std::vector<double>> differences;
    for (const Result& result : results_) {
      if (result.recipe != recipe.name) continue;
      ++seeds;
      sum += mean(result.*worth);
      const auto base = std::ranges::find_if(results_, [&](const Result& other) {
        return other.recipe == recipes_[0].name && other.seed == result.seed;
      });
      if (base == results_.end() || &(result.*worth) == &base->newest) continue;
      std::vector<double> difference = result.*worth;
      std::ranges::transform(difference, base->newest, difference.begin(), std::minus<>{});
      differences.push_back(std::move(difference));
    }
    return {sum / static_cast<double>(seeds), differences.empty() ? "" : text_of(estimate(differences))};
  }

  /// In percent.
  [[nodiscard]] static std::string text_of(const Estimate& gain) {
    char text[64];
    if (std::isnan(gain.over_seeds))
      std::snprintf(text, sizeof text, "%+6.2f +-    - +- %.2f", 100 * gain.mean, 100 * gain.over_samples);
    else
      std::snprintf(text, sizeof text, "%+6.2f +- %.2f +- %.2f", 100 * gain.mean, 100 * gain.over_seeds,
                    100 * gain.over_samples);
    return text;
  }

  void print(const NamedRecipe& recipe) const {
    double seeds = 0, minutes = 0, last = 0, exits = 0;
    for (const Result& result : results_) {
      if (result.recipe != recipe.name) continue;
      ++seeds;
      minutes += result.seconds / 60;
      last += result.answers.accuracy().back();
      exits += mean(result.answers.accuracy());
    }
    if (seeds == 0) {
      std::printf("%-20s     0\n", recipe.name.c_str());
      return;
    }
    const auto [newest, over] = compared(recipe, &Result::newest);
    const auto [combined, combined_over] = compared(recipe, &Result::combined);
    std::printf("%-20s %5.0f %8.1f %8.3f  %7.2f  %-34s  %8.2f  %-34s %6.2f %6.2f\n", recipe.name.c_str(),
                seeds, minutes / seeds, 1e3 * times_.of(recipe.sizes).total(), 100 * newest, over.c_str(),
                100 * combined, combined_over.c_str(), 100 * last / seeds, 100 * exits / seeds);
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
    laboratory.print();
    laboratory.save_csv();
    return complete ? 0 : 130;
  });
}

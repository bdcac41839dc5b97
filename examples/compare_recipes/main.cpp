// Compares recipes: trains a network by each with several seeds, and judges all by the same measured times
// under a stop that may come at any moment. Goes on where it was interrupted.

#include "compare_recipes/recipes.hpp"
#include "compare_recipes/results.hpp"
#include "train/size_options.hpp"
#include "train/timed_network.hpp"
#include "train/training_run.hpp"

#include <einet/io/atomic_file.hpp>
#include <einet/io/profile_file.hpp>
#include <einet/nn/training/initialise.hpp>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
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
      : options_(options), recipes_(std::move(recipes)), data_(load(options)) {
    const example::Trained network = train::network_for(data_.images, options.data, options.sizes);
    sizes_ = network.sizes;
    std::filesystem::create_directories(options.out);
    times_ = times_of(network.network);
  }

  /// Trains what is not trained yet, seed by seed, so that what is there can be compared.
  /// @return false if it was interrupted
  bool run() {
    for (const std::size_t seed : options_.seeds)
      for (const NamedRecipe& recipe : recipes_)
        if (!run(recipe, seed)) return false;
    return true;
  }

  void print() const {
    std::printf("\n%s, %zu exits, T %.3f ms; %zu images judged by; percent right\n", sizes_.network.c_str(),
                times_.exit_count(), 1e3 * times_.total(), data_.judged.count);
    std::printf("%-20s %5s %8s  %7s  %-34s %6s %6s\n", "recipe", "seeds", "minutes", "uniform",
                ("over " + recipes_[0].name + ", +- seeds, +- samples").c_str(), "last", "mean");
    for (const NamedRecipe& recipe : recipes_) print(recipe);
  }

  void save_csv() const {
    if (options_.csv.empty()) return;
    std::string text =
        "network,width,data,images,judged,recipe,seed,epochs,seconds,uniform,last,mean,accuracy,settings\n";
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
      for (const auto& [key, value] : train::settings_of(recipe_of(result.recipe).recipe))
        if (value != usual.at(key)) settings += (settings.empty() ? "" : " ") + key + "=" + value;
      const std::string fields[] = {sizes_.network,
                                    number(sizes_.width),
                                    options_.data.filename().string(),
                                    std::to_string(data_.images.count),
                                    std::to_string(data_.judged.count),
                                    result.recipe,
                                    std::to_string(result.seed),
                                    std::to_string(result.epochs),
                                    number(std::round(result.seconds)),
                                    number(mean(worth_of(result.answers, times_))),
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
  static double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.) / static_cast<double>(values.size());
  }

  [[nodiscard]] const NamedRecipe& recipe_of(const std::string& name) const {
    return *std::ranges::find(recipes_, name, &NamedRecipe::name);
  }

  /// Those of a file, or those that were measured when the folder was begun.
  [[nodiscard]] Times times_of(const nn::Graph& network) const {
    const std::filesystem::path own = options_.out / "times.safetensors";
    const std::filesystem::path path = options_.times.empty() ? own : options_.times;
    if (options_.times.empty() && !std::filesystem::exists(own)) {
      train::TimedNetwork timed(network);
      for (int turn = 0; turn < 301; ++turn) timed.run();
      const train::PartTimes median = timed.median();
      io::SafetensorsWriter writer(own);
      io::add_profile(writer, Times{median.conv, median.branch});
      writer.save();
    }
    const Times times = io::read_time_profile<train::any_exits>(io::SafetensorsFile(path));
    if (times.exit_count() != network.exits())
      throw io::FileError(path, "tensor 'conv_seconds'",
                          "is of " + std::to_string(times.exit_count()) + " exits, the network has " +
                              std::to_string(network.exits()));
    return times;
  }

  bool run(const NamedRecipe& recipe, std::size_t seed) {
    const std::filesystem::path folder = options_.out / (recipe.name + "-" + std::to_string(seed));
    const std::filesystem::path done = folder / "answers.safetensors";
    io::Metadata settings = train::settings_of(recipe.recipe);
    example::Trained trained = train::network_for(data_.images, options_.data, options_.sizes);
    const io::Metadata described = example::describe(trained.sizes, trained.normalisation);
    settings.insert(described.begin(), described.end());
    settings["seed"] = std::to_string(seed);
    settings["images"] = std::to_string(data_.images.count);
    settings["judged"] =
        std::to_string(data_.judged.count) + (options_.validation == 0 ? " test images" : " training images");
    Result result{recipe.name, seed, recipe.recipe.epochs};
    if (std::filesystem::exists(done)) {
      result.answers = read_answers(done, settings, result.seconds);
      if (result.answers.exits != times_.exit_count() || result.answers.samples() != data_.judged.count)
        throw io::FileError(done, "tensor 'correct'",
                            "has another shape than " + std::to_string(data_.judged.count) + " images and " +
                                std::to_string(times_.exit_count()) + " exits");
      results_.push_back(std::move(result));
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
    result.answers = {times_.exit_count(), std::vector<std::uint8_t>(judged.size() * times_.exit_count())};
    nn::for_each_score(run.network(), judged,
                       [&](std::size_t image, std::size_t exit, std::span<const float> scores) {
                         const bool right = nn::predicted_class(scores) == judged.label(image);
                         result.answers.correct[image * times_.exit_count() + exit] = right ? 1 : 0;
                       });
    save_result(done, result, settings);
    std::filesystem::remove(checkpoint);
    std::printf("%s, seed %zu: uniform %.2f, last %.2f %% right\n", recipe.name.c_str(), seed,
                100 * mean(worth_of(result.answers, times_)), 100 * result.answers.accuracy().back());
    std::fflush(stdout);
    results_.push_back(std::move(result));
    return true;
  }

  void print(const NamedRecipe& recipe) const {
    std::map<std::size_t, const Result*> base;
    for (const Result& result : results_)
      if (result.recipe == recipes_[0].name) base[result.seed] = &result;
    std::size_t seeds = 0;
    double minutes = 0, uniform = 0, last = 0, exits = 0;
    std::vector<std::vector<double>> differences;
    for (const Result& result : results_) {
      if (result.recipe != recipe.name) continue;
      std::vector<double> worth = worth_of(result.answers, times_);
      ++seeds;
      minutes += result.seconds / 60;
      uniform += mean(worth);
      last += result.answers.accuracy().back();
      exits += mean(result.answers.accuracy());
      if (!base.contains(result.seed) || &recipe == &recipes_[0]) continue;
      const std::vector<double> other = worth_of(base[result.seed]->answers, times_);
      std::ranges::transform(worth, other, worth.begin(), std::minus<>{});
      differences.push_back(std::move(worth));
    }
    if (seeds == 0) {
      std::printf("%-20s     0\n", recipe.name.c_str());
      return;
    }
    const double count = static_cast<double>(seeds);
    std::string over;
    if (!differences.empty()) {
      const Estimate gain = estimate(differences);
      const auto add = [&](const char* format, double share) {
        char text[32];
        std::snprintf(text, sizeof text, format, 100 * share);
        over += text;
      };
      add("%+6.2f", gain.mean);
      if (std::isnan(gain.over_seeds))
        over += " +-    -";
      else
        add(" +- %.2f", gain.over_seeds);
      add(" +- %.2f", gain.over_samples);
    }
    std::printf("%-20s %5zu %8.1f  %7.2f  %-34s %6.2f %6.2f\n", recipe.name.c_str(), seeds, minutes / count,
                100 * uniform / count, over.c_str(), 100 * last / count, 100 * exits / count);
  }

  const Options& options_;
  std::vector<NamedRecipe> recipes_;
  Data data_;
  example::NetworkSizes sizes_{};
  Times times_{};
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
    Laboratory laboratory(*options, read_recipes(options->recipes));
    const bool complete = laboratory.run();
    laboratory.print();
    laboratory.save_csv();
    return complete ? 0 : 130;
  });
}

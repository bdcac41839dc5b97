// Trains the fine-grained VGG-16 (14 exits) on Fashion-MNIST, MNIST, CIFAR-10 or CIFAR-100, profiles it on
// this machine, fits the CS-Predictor, and saves all that elastic_demo needs. If it is interrupted, the last
// complete epoch is kept, and the same command continues from there.

#include "common/arguments.hpp"
#include "common/vgg16_files.hpp"
#include "train/training_images.hpp"
#include "train/vgg16_times.hpp"

#include <einet/einet.hpp>
#include <einet/io/predictor_file.hpp>
#include <einet/io/progress_bar.hpp>
#include <einet/nn/training/evaluation.hpp>
#include <einet/nn/training/initialise.hpp>
#include <einet/nn/training/joint_trainer.hpp>
#include <einet/nn/training/loss_weights.hpp>
#include <einet/paper/cs_trainer.hpp>
#include <einet/paper/cs_trainer_options.hpp>
#include <einet/parallel/tbb_executor.hpp>
#include <einet/profile/gather_confidences.hpp>
#include <einet/profile/measure_times.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <span>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <CLI/CLI.hpp>
#include <tbb/global_control.h>

namespace {

using namespace einet;
namespace fs = std::filesystem;

volatile std::sig_atomic_t interrupted = 0;
void interrupt(int) {
  interrupted = 1;
}

struct Options {
  fs::path data = "/usr/share/datasets/fashion-mnist";
  std::string format = "detect";
  fs::path out = "trained";
  std::size_t epochs = 12;
  std::size_t batch = 64;
  double rate = 0.05;
  double width = 0.25;
  std::size_t branch_channels = 16;
  std::size_t branch_hidden = 64;
  std::string loss_weights = "even";
  std::size_t shift = 2;
  bool flip = false;
  std::size_t limit = 0;
  std::size_t threads = std::thread::hardware_concurrency();
  std::uint64_t seed = 1;
  std::vector<fs::path> measure;

  [[nodiscard]] bool last_alone() const { return loss_weights == "last"; }
};

std::vector<std::size_t> every(std::size_t count, std::size_t stride, std::size_t first) {
  std::vector<std::size_t> indices;
  for (std::size_t k = first; k < count; k += stride) indices.push_back(k);
  return indices;
}

/// Parameters and velocities of an unfinished training as one set of named tensors.
struct Checkpoint {
  nn::Graph* network;
  nn::JointTrainer* trainer;
  std::array<float, example::exits>* weights;

  template <class F>
  void for_each_parameter(F&& f) {
    static constexpr std::array<std::size_t, 1> shape{example::exits};
    network->for_each_parameter(f);
    trainer->for_each_state(f);
    f("loss_weights", std::span<const std::size_t>(shape), std::span<float>(*weights));
  }
};

class Training {
 public:
  Training(const Options& options)
      : options_(options),
        train_(example::load_images(options.data, options.format, data::Split::train)),
        test_(example::load_images(options.data, options.format, data::Split::test)) {
    nn::Vgg16Options wanted;
    wanted.image.channels = train_.channels;
    wanted.classes = train_.classes;
    wanted.width = options.width;
    wanted.branch.channels = options.branch_channels;
    wanted.branch.hidden = options.branch_hidden;
    trained_.normalisation = example::normalisation_of(train_);
    trained_.network = nn::vgg16(wanted);
    nn::initialise(trained_.network, options.seed);
    metadata_ = example::describe(wanted, trained_.normalisation);
    example::expect_images(train_, options.data, trained_);
    example::expect_images(test_, options.data, trained_);
    if (options.limit > 0) {
      train_ = data::slice(train_, 0, options.limit);
      test_ = data::slice(test_, 0, options.limit);
    }
    fs::create_directories(options.out);
  }

  /// @return false if it was interrupted
  bool train() {
    const example::Images training{&train_, &trained_, every(train_.count, 1, 0), options_.shift,
                                   options_.flip};
    const example::Images fitting{&test_, &trained_, every(test_.count, 2, 1)};
    nn::TrainingOptions how;
    how.batch = options_.batch;
    how.seed = options_.seed;
    how.rate = nn::cosine_rate(options_.rate, static_cast<double>(options_.epochs), 1.0);
    nn::JointTrainer trainer(trained_.network, how);
    auto weights =
        options_.last_alone() ? nn::last_exit_weights<example::exits>() : nn::even_weights<example::exits>();
    const TimeProfile<example::exits> times = measure().median;
    const Checkpoint state{&trained_.network, &trainer, &weights};

    std::size_t epoch = resume(state);
    for (; epoch < options_.epochs; ++epoch) {
      const auto start = std::chrono::steady_clock::now();
      nn::EpochResult result;
      {
        io::ProgressBar bar("epoch " + std::to_string(epoch + 1) + " of " + std::to_string(options_.epochs));
        result = trainer.epoch(
            epoch, training, weights,
            [&](std::size_t done, std::size_t all, double loss) {
              bar.update(done, all, "loss " + std::to_string(loss));
            },
            [] { return interrupted != 0; });
      }
      if (!result.complete) {
        std::fprintf(
            stderr, "interrupted in epoch %zu; %s\n", epoch + 1,
            epoch > 0 ? "complete epochs are kept, start again to continue" : "no epoch is complete yet");
        return false;
      }
      std::array<float, example::exits> accuracy{};
      std::ranges::transform(nn::accuracy_per_exit(trainer.network(), fitting), accuracy.begin(),
                             [](double share) { return static_cast<float>(share); });
      if (options_.loss_weights == "plan-aware") weights = nn::plan_aware_weights(times, accuracy);
      save(state, epoch + 1);
      std::printf("epoch %zu: loss %.4f, fitting half", epoch + 1, result.loss);
      for (const float share : std::span(accuracy).last(options_.last_alone() ? 1 : example::exits))
        std::printf(" %.3f", static_cast<double>(share));
      std::printf(", %.0f s\n",
                  std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
      std::fflush(stdout);
    }
    return true;
  }

  /// Rounds the weights as they are saved: all results are those of the files.
  void finish() {
    const fs::path weights = options_.out / example::weights_file;
    io::save_parameters(weights, trained_.network, io::Precision::f16, metadata_);
    io::load_parameters(weights, trained_.network);

    const auto measured = measure();
    TimeProfile<example::exits> spread;
    for (std::size_t k = 0; k < example::exits; ++k) {
      spread.conv[k] = measured.high.conv[k] - measured.low.conv[k];
      spread.branch[k] = measured.high.branch[k] - measured.low.branch[k];
    }
    const auto profile = gather();
    io::SafetensorsWriter writer(options_.out / example::profile_file);
    const std::size_t classes = trained_.network.classes();
    if (options_.last_alone()) {
      io::add_profile(writer, example::last_exit(measured.median));
      io::add_profile(writer, example::last_exit(profile), classes);
    } else {
      io::add_profile(writer, measured.median, spread);
      io::add_profile(writer, profile, classes);
    }
    writer.save();

    if (!options_.last_alone()) fit(profile.every(2, 1));
    save_images();
    const auto accuracy = profile.every(2, 0).accuracy();
    if (options_.last_alone())
      std::printf("the last exit, after %.3f ms: accuracy %.4f on the reporting half of the test images\n",
                  1e3 * example::last_exit(measured.median).total(), static_cast<double>(accuracy.back()));
    else
      report(measured, accuracy);
  }

 private:
  /// Calls f(network, features, load) with the network as it is now; load(features, k) loads test image k.
  template <class F>
  auto infer(F&& f) const {
    return std::visit(
        [&](const auto& network) {
          nn::Features features = network.make_features();
          std::vector<float> image(network.input().size());
          return f(network, features, [&](nn::Features& into, std::size_t k) {
            example::fill(test_, k % test_.count, trained_, image);
            into.load(image);
          });
        },
        example::make_inference(trained_.network));
  }

  MeasuredTimes<example::exits> measure() const {
    return infer([](const auto& network, nn::Features& features, auto load) {
      return measure_times<example::exits>(network, features, load);
    });
  }

  ConfidenceProfile<example::exits> gather() const {
    io::ProgressBar bar("confidence profile");
    return infer([&](const auto& network, nn::Features& features, auto load) {
      return gather_confidences<example::exits>(
          network, features, test_.count, load, [&](std::size_t sample) { return test_.labels[sample]; },
          [&](std::size_t done) { bar.update(done, test_.count); });
    });
  }

  void fit(const ConfidenceProfile<example::exits>& fitting) const {
    CsTrainerOptions how;
    how.seed = options_.seed;
    io::ProgressBar bar("predictor");
    const auto fitted = train_cs_predictor<example::hidden>(
        std::span<const std::array<float, example::exits>>(fitting.confidence), how,
        [&](std::size_t epoch, double, double error) {
          bar.update(epoch + 1, how.epochs, "error " + std::to_string(error));
          return interrupted == 0;
        },
        parallel::TbbExecutor{});
    io::save_predictor(options_.out / example::predictor_file, fitted.parameters,
                       example::predictor_identity(fitting));
    const auto& best = fitted.history[fitted.best_epoch];
    std::printf("predictor: mean squared error %.4f on held-back samples of the fitting half\n",
                best.validation);
  }

  /// Saves the first 1,000 images of the reporting half, for the demo.
  void save_images() const {
    data::Dataset shown = test_;
    shown.pixels.clear();
    shown.labels.clear();
    for (std::size_t k = 0; k < test_.count && shown.labels.size() < 1000; k += 2) {
      const auto image = test_.image(k);
      shown.pixels.insert(shown.pixels.end(), image.begin(), image.end());
      shown.labels.push_back(test_.labels[k]);
    }
    shown.count = shown.labels.size();
    data::save_idx(shown, options_.out / example::images_file, options_.out / example::labels_file);
  }

  static void report(const MeasuredTimes<example::exits>& measured,
                     const std::array<float, example::exits>& accuracy) {
    std::printf("exit  accuracy  conv µs (10-90 %%)        branch µs (10-90 %%)\n");
    for (std::size_t k = 0; k < example::exits; ++k)
      std::printf("%4zu    %.4f  %7.1f (%6.1f-%6.1f)  %8.1f (%6.1f-%6.1f)\n", k,
                  static_cast<double>(accuracy[k]), 1e6 * measured.median.conv[k], 1e6 * measured.low.conv[k],
                  1e6 * measured.high.conv[k], 1e6 * measured.median.branch[k], 1e6 * measured.low.branch[k],
                  1e6 * measured.high.branch[k]);
    std::printf("all conv parts and branches: %.3f ms; accuracy on the reporting half of the test images\n",
                1e3 * measured.median.total());
  }

  [[nodiscard]] fs::path checkpoint() const { return options_.out / "checkpoint.safetensors"; }

  [[nodiscard]] io::Metadata recipe() const {
    io::Metadata recipe = metadata_;
    recipe["epochs"] = std::to_string(options_.epochs);
    recipe["batch"] = std::to_string(options_.batch);
    recipe["rate"] = std::to_string(options_.rate);
    recipe["seed"] = std::to_string(options_.seed);
    recipe["loss_weights"] = options_.loss_weights;
    recipe["augmentation"] = std::to_string(options_.shift) + (options_.flip ? " flip" : "");
    recipe["images"] = std::to_string(train_.count);
    return recipe;
  }

  void save(Checkpoint state, std::size_t done) const {
    io::Metadata metadata = recipe();
    metadata["done"] = std::to_string(done);
    io::save_parameters(checkpoint(), state, io::Precision::f32, metadata);
  }

  /// @return the number of complete epochs in the checkpoint, 0 if there is none
  std::size_t resume(Checkpoint state) const {
    if (!fs::exists(checkpoint())) return 0;
    {
      const io::SafetensorsFile file(checkpoint());
      for (const auto& [key, value] : recipe()) io::expect_metadata(file, key, value);
    }
    const io::Metadata metadata = io::load_parameters(checkpoint(), state);
    const auto done = metadata.find("done");
    const std::size_t epochs = done == metadata.end() ? 0 : std::stoul(done->second);
    std::printf("continuing after epoch %zu of %s\n", epochs, checkpoint().c_str());
    return epochs;
  }

  Options options_;
  data::Dataset train_;
  data::Dataset test_;
  example::Trained trained_{nn::Graph({1, 1, 1}), {}};
  io::Metadata metadata_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Trains a VGG-16 with 14 exits, profiles it and fits a predictor."};
  app.add_option("--data", options.data, "folder with the files of the data set")
      ->check(example::a_path)
      ->capture_default_str();
  app.add_option("--format", options.format, "format of the data set (mnist for Fashion-MNIST, too)")
      ->check(CLI::IsMember({"detect", "mnist", "cifar10", "cifar100"}))
      ->capture_default_str();
  app.add_option("--out", options.out, "folder for the results")
      ->check(example::a_path)
      ->capture_default_str();
  app.add_option("--epochs", options.epochs, "epochs to train")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--batch", options.batch, "images in a batch")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  app.add_option("--rate", options.rate, "highest learning rate")
      ->check(CLI::Range(1e-6, 10.0))
      ->capture_default_str();
  app.add_option("--width", options.width, "factor on the channels of VGG-16")
      ->check(CLI::Range(0.05, 2.0))
      ->capture_default_str();
  app.add_option("--branch-channels", options.branch_channels, "channels of a branch's convolution")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--branch-hidden", options.branch_hidden, "hidden units of a branch")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  app.add_option("--loss-weights", options.loss_weights,
                 "weights of the exits' losses; last trains the last exit alone")
      ->check(CLI::IsMember({"plan-aware", "even", "last"}))
      ->capture_default_str();
  app.add_option("--shift", options.shift, "shift training images by up to this many pixels")
      ->check(CLI::Range(0, 8))
      ->capture_default_str();
  app.add_flag("--flip", options.flip,
               "mirror half of the training images (for Fashion-MNIST, not for digits)");
  app.add_option("--limit", options.limit, "use at most this many training and test images each; 0: all");
  app.add_option("--threads", options.threads, "threads to train with")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "seed of everything random")->capture_default_str();
  app.add_option(
         "--measure", options.measure,
         "instead of training, measure the networks in these folders in turn and write the times into "
         "their profiles, on the scale of the first, whose profile stays as it is")
      ->expected(2, 100)
      ->check(example::a_path);
  try {
    app.parse(argc, argv);
    example::expect_different("--measure", options.measure);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::cerr << "train_vgg16: " << error.what() << " (--help shows the options)\n";
    return 2;
  }
  std::signal(SIGINT, interrupt);
  std::signal(SIGTERM, interrupt);
  try {
    if (!options.measure.empty()) {
      example::measure_in_turn(options.measure[0], std::span(options.measure).subspan(1), 501);
      return 0;
    }
    const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, options.threads);
    Training training(options);
    if (!training.train()) return 130;
    training.finish();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "train_vgg16: " << error.what() << '\n';
    return 1;
  }
}

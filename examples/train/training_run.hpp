#pragma once
// A network, trained by a recipe, epoch by epoch, with a checkpoint from which it goes on.

#include "train/profiling.hpp"
#include "train/recipe.hpp"
#include "train/training_images.hpp"

#include <einet/io/progress_bar.hpp>
#include <einet/io/weights_file.hpp>
#include <einet/nn/training/evaluation.hpp>
#include <einet/nn/training/joint_trainer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace train {

/// What is to be trained.
struct TrainingTask {
  example::Trained& trained;
  const Recipe& recipe;
  std::uint64_t seed;
  std::filesystem::path checkpoint;   ///< a file, written after every epoch
  einet::io::Metadata described;      ///< sizes and normalisation of the network
  std::function<bool()> interrupted;  ///< asked now and then
};

class TrainingRun {
 public:
  explicit TrainingRun(const TrainingTask& task)
      : task_(task), trainer_(task.trained.network, options_of(task)) {}

  /// Trains, from the checkpoint on if there is one, and leaves the network with the weights to be used.
  /// @param watched images on which each epoch's accuracy is reported
  /// @return false if it was interrupted; the checkpoint has all complete epochs
  /// @throws einet::io::FileError if the checkpoint is of another training, or broken
  bool train(const Images& training, const Images& watched) {
    std::size_t epoch = resume(training.size());
    for (; epoch < task_.recipe.epochs; ++epoch) {
      const auto start = std::chrono::steady_clock::now();
      const einet::nn::EpochResult result = run(epoch, training);
      if (!result.complete) {
        std::fprintf(
            stderr, "interrupted in epoch %zu; %s\n", epoch + 1,
            epoch > 0 ? "complete epochs are kept, start again to continue" : "no epoch is complete yet");
        return false;
      }
      const auto shares = einet::nn::accuracy_per_exit(trainer_.network(), watched);
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      seconds_ += static_cast<float>(seconds);
      save(epoch + 1, training.size());
      std::printf("epoch %zu: loss %.4f, accuracy", epoch + 1, result.loss);
      for (const double share : std::span(shares).last(last_alone(epoch) ? 1 : shares.size()))
        std::printf(" %.3f", share);
      std::printf(", %.0f s\n", seconds);
      std::fflush(stdout);
    }
    return true;
  }

  /// Of all epochs, those before an interruption too.
  [[nodiscard]] double seconds() const noexcept { return static_cast<double>(seconds_); }
  [[nodiscard]] einet::nn::BatchNetwork& network() noexcept { return trainer_.network(); }

 private:
  [[nodiscard]] static einet::nn::TrainingOptions options_of(const TrainingTask& task) {
    const Recipe& recipe = task.recipe;
    einet::nn::TrainingOptions options;
    options.batch = recipe.batch;
    options.seed = task.seed;
    options.sgd.weight_decay = static_cast<float>(recipe.decay);
    options.rate = einet::nn::cosine_rate(recipe.rate, static_cast<double>(recipe.epochs), recipe.warm_up);
    options.equilibrium = recipe.equilibrium;
    if (freezes(recipe)) options.rate = rate_in_two_parts(recipe);
    return options;
  }

  [[nodiscard]] static bool freezes(const Recipe& recipe) {
    return recipe.frozen && recipe.backbone < recipe.epochs;
  }

  /// A cosine for the backbone, and one for the branches.
  [[nodiscard]] static einet::nn::Schedule rate_in_two_parts(const Recipe& recipe) {
    const auto end = static_cast<double>(recipe.backbone), all = static_cast<double>(recipe.epochs);
    return [=, backbone = einet::nn::cosine_rate(recipe.rate, end, recipe.warm_up),
            branches = einet::nn::cosine_rate(recipe.rate, all - end, recipe.warm_up)](double at) {
      return at < end ? backbone(at) : branches(at - end);
    };
  }

  [[nodiscard]] bool last_alone(std::size_t epoch) const {
    return task_.recipe.last_alone || epoch < task_.recipe.backbone;
  }

  einet::nn::EpochResult run(std::size_t epoch, const Images& training) {
    std::vector<float> weights(task_.trained.network.exits(),
                               last_alone(epoch) ? 0.f : 1.f);  // of the exits' losses
    weights.back() = 1.f;
    trainer_.train_branches_alone(freezes(task_.recipe) && epoch >= task_.recipe.backbone);
    einet::io::ProgressBar bar("epoch " + std::to_string(epoch + 1) + " of " +
                               std::to_string(task_.recipe.epochs));
    return trainer_.epoch(
        epoch, training, weights,
        [&](std::size_t done, std::size_t all, double loss) {
          bar.update(done, all, "loss " + std::to_string(loss));
        },
        task_.interrupted);
  }

  [[nodiscard]] einet::io::Metadata metadata(std::size_t images) const {
    einet::io::Metadata all = settings_of(task_.recipe);
    all.insert(task_.described.begin(), task_.described.end());
    all["seed"] = std::to_string(task_.seed);
    all["images"] = std::to_string(images);
    return all;
  }

  /// All that a checkpoint holds.
  struct State {
    TrainingRun* run;

    template <class F>
    void for_each_parameter(F&& f) {
      const std::size_t one[] = {1};
      run->task_.trained.network.for_each_parameter(f);
      run->trainer_.for_each_state(f);
      f("seconds", std::span<const std::size_t>(one), std::span<float>(&run->seconds_, 1));
    }
  };

  void save(std::size_t done, std::size_t images) {
    einet::io::Metadata all = metadata(images);
    all["done"] = std::to_string(done);
    State state{this};
    einet::io::save_parameters(task_.checkpoint, state, einet::io::Precision::f32, all);
  }

  /// @return the number of complete epochs in the checkpoint, 0 if there is none
  std::size_t resume(std::size_t images) {
    if (!std::filesystem::exists(task_.checkpoint)) return 0;
    const einet::io::SafetensorsFile file(task_.checkpoint);
    for (const auto& [key, value] : metadata(images)) einet::io::expect_metadata(file, key, value);
    const std::size_t done = example::whole_number_in(file, "done", 1, task_.recipe.epochs);
    State state{this};
    einet::io::load_parameters(file, state);
    std::printf("continuing after epoch %zu of %s\n", done, task_.checkpoint.c_str());
    std::fflush(stdout);
    return done;
  }

  TrainingTask task_;
  einet::nn::JointTrainer trainer_;
  float seconds_ = 0;
};

}  // namespace train

#pragma once
// One training, from the images to the files that elastic_demo and paper read.

#include "train/options.hpp"
#include "train/profiling.hpp"
#include "train/training_images.hpp"

#include <einet/io/progress_bar.hpp>
#include <einet/io/weights_file.hpp>
#include <einet/nn/training/evaluation.hpp>
#include <einet/nn/training/initialise.hpp>
#include <einet/nn/training/joint_trainer.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace train {

/// Every `stride`-th index below `count` from `first` on.
inline std::vector<std::size_t> every(std::size_t count, std::size_t stride, std::size_t first) {
  std::vector<std::size_t> indices;
  for (std::size_t k = first; k < count; k += stride) indices.push_back(k);
  return indices;
}

/// Parameters and velocities of an unfinished training as one set of named tensors.
struct Checkpoint {
  einet::nn::Graph* network;
  einet::nn::JointTrainer* trainer;
  std::vector<float>* weights;

  template <class F>
  void for_each_parameter(F&& f) {
    const std::size_t shape[] = {weights->size()};
    network->for_each_parameter(f);
    trainer->for_each_state(f);
    f("loss_weights", std::span<const std::size_t>(shape), std::span<float>(*weights));
  }
};

class Training {
 public:
  /// @param interrupted asked now and then
  Training(const Options& options, std::function<bool()> interrupted)
      : options_(options),
        interrupted_(std::move(interrupted)),
        train_(load_images(options.data, options.format, einet::data::Split::train)),
        test_(load_images(options.data, options.format, einet::data::Split::test)) {
    example::NetworkSizes sizes = options.sizes;
    sizes.image.channels = train_.channels;
    sizes.classes = train_.classes;
    trained_ = {example::make_network(sizes), example::normalisation_of(train_), sizes};
    if (const std::size_t exits = trained_.network.exits(); exits > example::most_exits)
      throw std::invalid_argument("the network has " + std::to_string(exits) + " exits, expected at most " +
                                  std::to_string(example::most_exits));
    einet::nn::initialise(trained_.network, options.seed);
    metadata_ = example::describe(sizes, trained_.normalisation);
    example::expect_images(train_, options.data, trained_);
    example::expect_images(test_, options.data, trained_);
    if (options.limit > 0) {
      train_ = einet::data::slice(train_, 0, options.limit);
      test_ = einet::data::slice(test_, 0, options.limit);
    }
    std::filesystem::create_directories(options.out);
  }

  /// @return false if it was interrupted
  bool train() {
    const Images training{&train_, &trained_, every(train_.count, 1, 0), options_.shift, options_.flip};
    const Images fitting{&test_, &trained_, every(test_.count, 2, 1)};
    einet::nn::TrainingOptions how;
    how.batch = options_.batch;
    how.seed = options_.seed;
    how.rate = einet::nn::cosine_rate(options_.rate, static_cast<double>(options_.epochs), 1.0);
    einet::nn::JointTrainer trainer(trained_.network, how);
    const std::size_t exits = trained_.network.exits();
    std::vector<float> weights(exits, options_.last_alone() ? 0.f : 1.f);
    weights.back() = 1.f;
    const Checkpoint state{&trained_.network, &trainer, &weights};

    std::size_t epoch = resume(state);
    for (; epoch < options_.epochs; ++epoch) {
      const auto start = std::chrono::steady_clock::now();
      einet::nn::EpochResult result;
      {
        einet::io::ProgressBar bar("epoch " + std::to_string(epoch + 1) + " of " +
                                   std::to_string(options_.epochs));
        result = trainer.epoch(
            epoch, training, weights,
            [&](std::size_t done, std::size_t all, double loss) {
              bar.update(done, all, "loss " + std::to_string(loss));
            },
            interrupted_);
      }
      if (!result.complete) {
        std::fprintf(
            stderr, "interrupted in epoch %zu; %s\n", epoch + 1,
            epoch > 0 ? "complete epochs are kept, start again to continue" : "no epoch is complete yet");
        return false;
      }
      const auto shares = einet::nn::accuracy_per_exit(trainer.network(), fitting);
      if (options_.loss_weights == "plan-aware") weights = plan_aware({shares.begin(), shares.end()});
      save(state, epoch + 1);
      std::printf("epoch %zu: loss %.4f, fitting half", epoch + 1, result.loss);
      for (const double share : std::span(shares).last(options_.last_alone() ? 1 : exits))
        std::printf(" %.3f", share);
      std::printf(", %.0f s\n",
                  std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
      std::fflush(stdout);
    }
    return true;
  }

  /// Takes the weights in `file` instead of training.
  /// @throws einet::io::FileError naming file and tensor, if they are not exactly those of this network
  void take(const std::filesystem::path& file) { einet::io::load_parameters(file, trained_.network); }

  /// Saves the weights as halves and profiles the network that they make: all results are those of the files.
  /// @return false if it was interrupted
  bool finish() {
    const std::filesystem::path weights = options_.out / example::weights_file;
    einet::io::save_parameters(weights, trained_.network, einet::io::Precision::f16, metadata_);
    einet::io::load_parameters(weights, trained_.network);
    if (options_.profile_images > 0) test_ = einet::data::slice(test_, 0, options_.profile_images);
    const std::size_t listed = (std::min)(options_.top_scores, trained_.network.classes());
    if (!train::finish(
            {trained_, test_, listed, options_.last_alone(), options_.seed, options_.out, interrupted_})) {
      std::fprintf(stderr,
                   "interrupted after the last epoch; the weights are kept, start again to make profile and "
                   "predictor\n");
      return false;
    }
    save_images();
    return true;
  }

 private:
  /// By multiply-adds instead of seconds: the same command must give the same weights.
  std::vector<float> plan_aware(const std::vector<float>& accuracy) const {
    std::vector<double> conv, branch;
    for (const einet::nn::BlockLayers& block : trained_.network.blocks()) {
      conv.push_back(static_cast<double>(trained_.network.macs(block.conv)));
      branch.push_back(static_cast<double>(trained_.network.macs(block.branch)));
    }
    return train::plan_aware_weights(conv, branch, accuracy);
  }

  /// Saves the first 1,000 images of the reporting half, for the demo.
  void save_images() const {
    einet::data::Dataset shown = test_;
    shown.pixels.clear();
    shown.labels.clear();
    for (std::size_t k = 0; k < test_.count && shown.labels.size() < 1000; k += 2) {
      const auto image = test_.image(k);
      shown.pixels.insert(shown.pixels.end(), image.begin(), image.end());
      shown.labels.push_back(test_.labels[k]);
    }
    shown.count = shown.labels.size();
    einet::data::save_idx(shown, options_.out / example::images_file, options_.out / example::labels_file);
  }

  [[nodiscard]] std::filesystem::path checkpoint() const { return options_.out / "checkpoint.safetensors"; }

  [[nodiscard]] einet::io::Metadata recipe() const {
    einet::io::Metadata recipe = metadata_;
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
    einet::io::Metadata metadata = recipe();
    metadata["done"] = std::to_string(done);
    einet::io::save_parameters(checkpoint(), state, einet::io::Precision::f32, metadata);
  }

  /// @return the number of complete epochs in the checkpoint, 0 if there is none
  /// @throws einet::io::FileError if it is of another training, or broken
  std::size_t resume(Checkpoint state) const {
    if (!std::filesystem::exists(checkpoint())) return 0;
    const einet::io::SafetensorsFile file(checkpoint());
    for (const auto& [key, value] : recipe()) einet::io::expect_metadata(file, key, value);
    const std::size_t done = example::whole_number_in(file, "done", 1, options_.epochs);
    einet::io::load_parameters(file, state);
    std::printf("continuing after epoch %zu of %s\n", done, checkpoint().c_str());
    std::fflush(stdout);
    return done;
  }

  Options options_;
  std::function<bool()> interrupted_;
  einet::data::Dataset train_;
  einet::data::Dataset test_;
  example::Trained trained_{einet::nn::Graph({1, 1, 1}), {}, {}};
  einet::io::Metadata metadata_;
};

}  // namespace train

#pragma once
// One training, from the images to the files that elastic_demo and paper read.

#include "train/options.hpp"
#include "train/profiling.hpp"
#include "train/training_images.hpp"
#include "train/training_run.hpp"

#include <einet/io/weights_file.hpp>
#include <einet/nn/training/initialise.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace train {

class Training {
 public:
  /// @param interrupted asked now and then
  Training(const Options& options, std::function<bool()> interrupted)
      : options_(options),
        interrupted_(std::move(interrupted)),
        train_(load_images(options.data, options.format, einet::data::Split::train)),
        test_(load_images(options.data, options.format, einet::data::Split::test)) {
    trained_ = network_for(train_, options.data, options.sizes);
    einet::nn::initialise(trained_.network, options.seed);
    metadata_ = example::describe(trained_.sizes, trained_.normalisation);
    example::expect_images(test_, options.data, trained_);
    if (options.limit > 0) {
      train_ = einet::data::slice(train_, 0, options.limit);
      test_ = einet::data::slice(test_, 0, options.limit);
    }
    std::filesystem::create_directories(options.out);
  }

  /// @return false if it was interrupted
  bool train() {
    const Images training{&train_, &trained_, every(train_.count, 1, 0), options_.recipe};
    const Images fitting{&test_, &trained_, every(test_.count, 2, 1)};
    TrainingRun run({trained_, options_.recipe, options_.seed, options_.out / "checkpoint.safetensors",
                     metadata_, interrupted_});
    return run.train(training, fitting);
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
    if (!train::finish({trained_, test_, listed, options_.recipe.last_alone, options_.seed, options_.out,
                        interrupted_})) {
      std::fprintf(stderr,
                   "interrupted after the last epoch; the weights are kept, start again to make profile and "
                   "predictor\n");
      return false;
    }
    save_images();
    return true;
  }

 private:
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

  Options options_;
  std::function<bool()> interrupted_;
  einet::data::Dataset train_;
  einet::data::Dataset test_;
  example::Trained trained_{einet::nn::Graph({1, 1, 1}), {}, {}};
  einet::io::Metadata metadata_;
};

}  // namespace train

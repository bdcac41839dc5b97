#pragma once
// The shipped network, images and profile (examples/data), for benchmarks that run it.

#include "../examples/common/network_files.hpp"

#include <einet/data/idx.hpp>
#include <einet/einet.hpp>
#include <einet/io/profile_file.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/input_samples.hpp>
#include <einet/profile/measure_times.hpp>

#include <cstddef>
#include <filesystem>
#include <vector>

namespace einet::bench {

/// A VGG-16 with 14 exits on Fashion-MNIST.
struct DemoNetwork {
  static constexpr std::size_t exits = example::exits;
  using Output = Scores<example::classes>;

  std::filesystem::path folder = EINET_SOURCE_DIR "/examples/data";
  example::Trained trained = example::load_network(folder / example::weights_file, example::exits);
  nn::InferenceNetwork<example::classes> network{trained.network};
  data::Dataset images = data::load_idx(folder / example::images_file, folder / example::labels_file);
  ConfidenceProfile<exits> profile = io::load_confidence_profile<exits>(folder / example::profile_file);
  std::vector<std::vector<float>> inputs;  ///< the first images, as inputs of the network
  nn::Features features = network.make_features();

  /// @param count number of images
  explicit DemoNetwork(std::size_t count) {
    for (std::size_t k = 0; k < count && k < images.count; ++k) {
      inputs.emplace_back(network.input().size());
      example::fill(images, k, trained, inputs.back());
    }
  }

  void load(std::size_t image) noexcept { features.load(inputs[image % inputs.size()]); }
  [[nodiscard]] std::int32_t label(std::size_t image) const noexcept {
    return images.labels[image % inputs.size()];
  }

  /// Times on this machine, measured now.
  [[nodiscard]] MeasuredTimes<exits> measure(std::size_t repeats) {
    return measure_times<exits>(
        network, features, [this](nn::Features&, std::size_t run) { load(run); },
        MeasureOptions{.warm_up = 20, .repeats = repeats});
  }
};

}  // namespace einet::bench

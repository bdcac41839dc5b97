#pragma once
// The images that the program learns from: which data set a folder holds, and how images are augmented.

#include "common/network_files.hpp"
#include "train/recipe.hpp"

#include <einet/data/cifar.hpp>
#include <einet/data/dataset.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace train {

/// cifar10 or cifar100 if the names of the files in `folder`, packed or not, say so; else mnist, which is
/// also Fashion-MNIST's format.
inline std::string detect_format(const std::filesystem::path& folder) {
  const auto holds = [&](const char* name) {
    return std::filesystem::exists(folder / name) || std::filesystem::exists((folder / name).concat(".xz"));
  };
  if (holds("data_batch_1.bin")) return "cifar10";
  return holds("train.bin") ? "cifar100" : "mnist";
}

/// @param format as detect_format() names it, or "detect"
/// @throws einet::io::FileError naming the file that is missing or bad
inline einet::data::Dataset load_images(const std::filesystem::path& folder, const std::string& format,
                                        einet::data::Split split) {
  if (format == "detect") return load_images(folder, detect_format(folder), split);
  if (format == "cifar10") return einet::data::load_cifar10_folder(folder, split);
  if (format == "cifar100") return einet::data::load_cifar100_folder(folder, split);
  return einet::data::load_mnist_folder(folder, split);
}

/// Every `stride`-th index below `count` from `first` on.
inline std::vector<std::size_t> every(std::size_t count, std::size_t stride, std::size_t first) {
  std::vector<std::size_t> indices;
  for (std::size_t k = first; k < count; k += stride) indices.push_back(k);
  return indices;
}

/// The network that is to learn from the images of `folder`, its parameters not yet drawn.
/// @throws std::invalid_argument if it has more exits than can be profiled
/// @throws einet::io::FileError naming the folder if it cannot take the images
inline example::Trained network_for(const einet::data::Dataset& images, const std::filesystem::path& folder,
                                    example::NetworkSizes sizes) {
  sizes.image.channels = images.channels;
  sizes.classes = images.classes;
  example::Trained trained{example::make_network(sizes), example::normalisation_of(images), sizes};
  if (const std::size_t exits = trained.network.exits(); exits > example::most_exits)
    throw std::invalid_argument("the network has " + std::to_string(exits) + " exits, expected at most " +
                                std::to_string(example::most_exits));
  example::expect_images(images, folder, trained);
  return trained;
}

/// Images of a data set as the trainer takes them. For training they are shifted by a few pixels and
/// mirrored, as the recipe says.
struct Images {
  const einet::data::Dataset* set;
  const example::Trained* trained;
  std::vector<std::size_t> indices;
  Recipe recipe{};

  std::size_t size() const { return indices.size(); }
  std::int32_t label(std::size_t i) const { return set->labels[indices[i]]; }
  void fill(std::size_t i, std::span<float> image) const { example::fill(*set, indices[i], *trained, image); }

  void fill(std::size_t i, std::span<float> image, std::uint64_t draw) const {
    const auto [height, width, channels] = trained->network.image();
    std::vector<float> plain(image.size());
    fill(i, plain);
    const std::size_t shift = recipe.shift, choices = 2 * shift + 1;
    const std::size_t down = draw % choices;
    const std::size_t right = draw / choices % choices;
    const bool mirror = recipe.flip && (draw >> 63) != 0;
    for (std::size_t y = 0; y < height; ++y)
      for (std::size_t x = 0; x < width; ++x) {
        const std::size_t from_y = (std::min)((std::max)(y + down, shift) - shift, height - 1);
        const std::size_t shifted = (std::min)((std::max)(x + right, shift) - shift, width - 1);
        const std::size_t from_x = mirror ? width - 1 - shifted : shifted;
        for (std::size_t c = 0; c < channels; ++c)
          image[(y * width + x) * channels + c] = plain[(from_y * width + from_x) * channels + c];
      }
  }
};

}  // namespace train

#include "network_files.hpp"

#include <einet/io/file_error.hpp>
#include <einet/io/weights_file.hpp>

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace example {

Inference make_inference(const einet::nn::Graph& network) {
  if (network.classes() == 100) return einet::nn::InferenceNetwork<100>(network);
  return einet::nn::InferenceNetwork<10>(network);
}

Normalisation normalisation_of(const einet::data::Dataset& images) {
  double sum = 0;
  double squares = 0;
  for (const std::uint8_t pixel : images.pixels) {
    const double value = pixel / 255.0;
    sum += value;
    squares += value * value;
  }
  const auto count = static_cast<double>(images.pixels.size());
  const double mean = sum / count;
  return {static_cast<float>(mean), static_cast<float>(std::sqrt(squares / count - mean * mean))};
}

void fill(const einet::data::Dataset& images, std::size_t index, const Trained& trained,
          std::span<float> out) {
  einet::data::fill_image(images, index, out, trained.network.image().height, trained.network.image().width,
                          trained.normalisation.mean, trained.normalisation.deviation);
}

void expect_images(const einet::data::Dataset& images, const std::filesystem::path& path,
                   const Trained& trained) {
  const auto [height, width, channels] = trained.network.image();
  if (images.channels != channels || images.height > height || images.width > width)
    throw einet::io::FileError(path, "",
                               "has images of " + std::to_string(images.height) + "x" +
                                   std::to_string(images.width) + "x" + std::to_string(images.channels) +
                                   ", the network takes up to " + std::to_string(height) + "x" +
                                   std::to_string(width) + "x" + std::to_string(channels));
}

einet::io::Metadata describe(const NetworkSizes& sizes, Normalisation normalisation) {
  einet::io::Metadata metadata = describe(sizes);
  metadata["mean"] = std::to_string(normalisation.mean);
  metadata["deviation"] = std::to_string(normalisation.deviation);
  return metadata;
}

Trained load_network(const std::filesystem::path& path, std::optional<std::size_t> wanted) {
  const einet::io::SafetensorsFile file(path);
  const NetworkSizes sizes = described_sizes(file);
  const Normalisation normalisation{static_cast<float>(number_in(file, "mean", 0, 1)),
                                    static_cast<float>(number_in(file, "deviation", 1e-6, 1))};
  Trained trained{[&] {
                    try {
                      return make_network(sizes);
                    } catch (const std::invalid_argument& error) {
                      throw einet::io::FileError(path, "metadata", error.what());
                    }
                  }(),
                  normalisation, sizes};
  if (wanted && trained.network.exits() != *wanted)
    throw einet::io::FileError(path, "metadata",
                               "describes a network of " + std::to_string(trained.network.exits()) +
                                   " exits, expected " + std::to_string(*wanted));
  std::uint64_t bytes = 0;
  for (const auto& [name, entry] : file.tensors()) bytes += entry.end - entry.begin;
  const std::size_t numbers = trained.network.parameter_count();
  if (bytes / 2 < numbers)  // halves are the smallest that there are
    throw einet::io::FileError(path, "metadata",
                               "describes a network of " + std::to_string(numbers) +
                                   " numbers, the file has " + std::to_string(bytes) + " bytes of them");
  einet::io::load_parameters(file, trained.network);
  return trained;
}

}  // namespace example

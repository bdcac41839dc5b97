#pragma once
// What the programs agree on: the network, the names of its files, and what is in them.

#include <einet/data/dataset.hpp>
#include <einet/io/fingerprint.hpp>
#include <einet/io/predictor_file.hpp>
#include <einet/io/profile_file.hpp>
#include <einet/io/weights_file.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/nn/networks/vgg16.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/profile/confidence_profile.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <variant>

namespace example {

inline constexpr std::size_t exits = 14;
inline constexpr std::size_t classes = 10;  // of the network in examples/data
inline constexpr std::size_t hidden = 128;  // of the predictor

inline constexpr const char* weights_file = "weights.safetensors";
inline constexpr const char* profile_file = "profile.safetensors";
inline constexpr const char* predictor_file = "predictor.safetensors";
inline constexpr const char* images_file = "test-images-idx3-ubyte.gz";
inline constexpr const char* labels_file = "test-labels-idx1-ubyte.gz";

/// What the predictor's file must say: that it was fitted to the confidences of this very profile.
inline einet::io::PredictorIdentity predictor_identity(const einet::ConfidenceProfile<exits>& fitting) {
  return einet::io::identity_of<einet::CsParameters<exits, hidden>>("cs_predictor", einet::Target::confidence,
                                                                    einet::fingerprint(fitting));
}

/// A network for inference. The number of classes is part of its type.
using Inference = std::variant<einet::nn::InferenceNetwork<10>, einet::nn::InferenceNetwork<100>>;

/// @throws std::invalid_argument if the network has neither 10 nor 100 classes
inline Inference make_inference(const einet::nn::Graph& network) {
  if (network.classes() == 100) return einet::nn::InferenceNetwork<100>(network);
  return einet::nn::InferenceNetwork<10>(network);
}

/// The network with its last exit alone: all conv parts as one, and the last branch.
inline einet::TimeProfile<1> last_exit(const einet::TimeProfile<exits>& times) {
  return {{std::accumulate(times.conv.begin(), times.conv.end(), 0.0)}, {times.branch.back()}};
}
inline einet::ConfidenceProfile<1> last_exit(const einet::ConfidenceProfile<exits>& profile) {
  einet::ConfidenceProfile<1> last;
  last.label = profile.label;
  for (const auto& row : profile.confidence) last.confidence.push_back({row.back()});
  for (const auto& row : profile.predicted) last.predicted.push_back({row.back()});
  return last;
}

/// The network's input is (pixel / 255 − mean) / deviation, padded to the network's size.
struct Normalisation {
  float mean = 0;
  float deviation = 1;
};

/// Mean and standard deviation of all pixels, over all channels together.
inline Normalisation normalisation_of(const einet::data::Dataset& images) {
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

/// A network and how its images are normalised.
struct Trained {
  einet::nn::Graph network;
  Normalisation normalisation;
};

/// Prepares one image for `trained`.
inline void fill(const einet::data::Dataset& images, std::size_t index, const Trained& trained,
                 std::span<float> out) {
  einet::data::fill_image(images, index, out, trained.network.image().height, trained.network.image().width,
                          trained.normalisation.mean, trained.normalisation.deviation);
}

/// @throws einet::io::FileError naming `path`, where the images come from, if `trained` cannot take them
inline void expect_images(const einet::data::Dataset& images, const std::filesystem::path& path,
                          const Trained& trained) {
  const auto [height, width, channels] = trained.network.image();
  if (images.channels != channels || images.height > height || images.width > width)
    throw einet::io::FileError(path, "",
                               "has images of " + std::to_string(images.height) + "x" +
                                   std::to_string(images.width) + "x" + std::to_string(images.channels) +
                                   ", the network takes up to " + std::to_string(height) + "x" +
                                   std::to_string(width) + "x" + std::to_string(channels));
}

/// The sizes and the normalisation of a VGG-16, as metadata of its weights file. Channels are left out if
/// there is one, classes if there are ten.
inline einet::io::Metadata describe(const einet::nn::Vgg16Options& wanted, Normalisation normalisation) {
  einet::io::Metadata metadata{{"network", "vgg16"},
                               {"width", std::to_string(wanted.width)},
                               {"branch_pool", std::to_string(wanted.branch.pool)},
                               {"branch_channels", std::to_string(wanted.branch.channels)},
                               {"branch_hidden", std::to_string(wanted.branch.hidden)},
                               {"mean", std::to_string(normalisation.mean)},
                               {"deviation", std::to_string(normalisation.deviation)}};
  if (wanted.image.channels != 1) metadata["channels"] = std::to_string(wanted.image.channels);
  if (wanted.classes != classes) metadata["classes"] = std::to_string(wanted.classes);
  return metadata;
}

namespace detail {

inline double number(const einet::io::SafetensorsFile& file, const std::string& key, double low,
                     double high) {
  const auto text = [](double bound) {
    std::array<char, 32> digits{};
    std::snprintf(digits.data(), digits.size(), "%g", bound);
    return std::string(digits.data());
  };
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end())
    throw einet::io::FileError(file.path(), "metadata '" + key + "'", "is missing");
  char* end = nullptr;
  const double value = std::strtod(found->second.c_str(), &end);
  if (found->second.empty() || *end != '\0' || !(value >= low && value <= high))
    throw einet::io::FileError(
        file.path(), "metadata '" + key + "'",
        "is '" + found->second + "', expected a number from " + text(low) + " to " + text(high));
  return value;
}

/// Refuses a network of more numbers than the file's tensors have, at two bytes each.
inline void expect_size(const einet::io::SafetensorsFile& file, const einet::nn::Vgg16Options& wanted) {
  std::uint64_t bytes = 0;
  for (const auto& [name, entry] : file.tensors()) bytes += entry.end - entry.begin;
  const std::size_t numbers = einet::nn::vgg16(wanted).parameter_count();
  if (bytes / 2 < numbers)
    throw einet::io::FileError(file.path(), "metadata",
                               "describes a network of " + std::to_string(numbers) +
                                   " numbers, the file has " + std::to_string(bytes) + " bytes of them");
}

}  // namespace detail

/// The VGG-16 in a weights file that `describe` and `save_parameters` made.
/// @throws einet::io::FileError naming file and field; if the file is too small for the network it describes,
/// before the memory for that is taken
inline Trained load_vgg16(const std::filesystem::path& path) {
  const einet::io::SafetensorsFile file(path);
  einet::io::expect_metadata(file, "network", "vgg16");
  const auto whole = [&](const char* key) {
    return static_cast<std::size_t>(detail::number(file, key, 1, 4096));
  };
  const auto whole_or = [&](const char* key, std::size_t otherwise) {
    return file.metadata().contains(key) ? whole(key) : otherwise;
  };
  einet::nn::Vgg16Options wanted;
  wanted.width = detail::number(file, "width", 0.01, 4);
  wanted.image.channels = whole_or("channels", 1);
  wanted.classes = whole_or("classes", classes);
  wanted.branch.pool = whole("branch_pool");
  wanted.branch.channels = whole("branch_channels");
  wanted.branch.hidden = whole("branch_hidden");
  detail::expect_size(file, wanted);
  const Normalisation normalisation{static_cast<float>(detail::number(file, "mean", 0, 1)),
                                    static_cast<float>(detail::number(file, "deviation", 1e-6, 1))};
  Trained trained{einet::nn::vgg16(wanted), normalisation};
  einet::io::load_parameters(file, trained.network);
  return trained;
}

}  // namespace example

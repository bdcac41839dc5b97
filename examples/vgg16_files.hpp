#pragma once
// What the two programs agree on: the network, how its files are called, and what stands in them.

#include <einet/data/dataset.hpp>
#include <einet/io/predictor_file.hpp>
#include <einet/io/profile_file.hpp>
#include <einet/io/weights_file.hpp>
#include <einet/nn/inference_network.hpp>
#include <einet/nn/multi_exit_network.hpp>
#include <einet/nn/vgg16.hpp>
#include <einet/predict/cs_weights.hpp>
#include <einet/profile/fingerprint.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

namespace example {

inline constexpr std::size_t exits = einet::nn::vgg16_exits;
inline constexpr std::size_t classes = 10;
inline constexpr std::size_t hidden = 128;  // of the predictor

inline constexpr const char* weights_file = "weights.safetensors";
inline constexpr const char* profile_file = "profile.safetensors";
inline constexpr const char* predictor_file = "predictor.safetensors";
inline constexpr const char* images_file = "test-images-idx3-ubyte.gz";
inline constexpr const char* labels_file = "test-labels-idx1-ubyte.gz";

/// What the predictor's file must say: fitted on the confidences of just this profile.
inline einet::io::PredictorIdentity predictor_identity(const einet::ConfidenceProfile<exits>& fitting) {
  return einet::io::identity_of<einet::CsParameters<exits, hidden>>("cs_predictor", einet::Target::confidence,
                                                                    einet::fingerprint(fitting));
}

/// How pixels become the network's input: (pixel / 255 − mean) / deviation, padded to the network's size.
struct Normalisation {
  float mean = 0;
  float deviation = 1;
};

/// The mean and standard deviation of all pixels.
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

/// A network with the way its images are made ready.
struct Trained {
  einet::nn::MultiExitNetwork network;
  Normalisation normalisation;
};

/// One image as `trained` takes it.
inline void fill(const einet::data::Dataset& images, std::size_t index, const Trained& trained,
                 std::span<float> out) {
  einet::data::fill_image(images, index, out, trained.network.input.height, trained.network.input.width,
                          trained.normalisation.mean, trained.normalisation.deviation);
}

/// The sizes of a VGG-16 and its normalisation as metadata of its weights file, and back.
inline einet::io::Metadata describe(const einet::nn::Vgg16& wanted, Normalisation normalisation) {
  return {{"network", "vgg16"},
          {"width", std::to_string(wanted.width)},
          {"branch_pool", std::to_string(wanted.branch.pool)},
          {"branch_channels", std::to_string(wanted.branch.channels)},
          {"branch_hidden", std::to_string(wanted.branch.hidden)},
          {"mean", std::to_string(normalisation.mean)},
          {"deviation", std::to_string(normalisation.deviation)}};
}

namespace detail {

inline double number(const einet::io::SafetensorsFile& file, const std::string& key, double low,
                     double high) {
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end())
    throw einet::io::FileError(file.path(), "metadata '" + key + "'", "is missing");
  char* end = nullptr;
  const double value = std::strtod(found->second.c_str(), &end);
  if (found->second.empty() || *end != '\0' || !(value >= low && value <= high))
    throw einet::io::FileError(file.path(), "metadata '" + key + "'",
                               "is '" + found->second + "', expected a number from " + std::to_string(low) +
                                   " to " + std::to_string(high));
  return value;
}

}  // namespace detail

/// The VGG-16 in a weights file that `describe` and `save_parameters` made.
/// @throws einet::io::FileError naming file and field
inline Trained load_vgg16(const std::filesystem::path& path) {
  einet::nn::Vgg16 wanted;
  Normalisation normalisation;
  {
    const einet::io::SafetensorsFile file(path);
    einet::io::expect_metadata(file, "network", "vgg16");
    const auto whole = [&](const char* key) {
      return static_cast<std::size_t>(detail::number(file, key, 1, 4096));
    };
    wanted.width = detail::number(file, "width", 0.01, 4);
    wanted.branch = {whole("branch_pool"), whole("branch_channels"), whole("branch_hidden")};
    normalisation = {static_cast<float>(detail::number(file, "mean", 0, 1)),
                     static_cast<float>(detail::number(file, "deviation", 1e-6, 1))};
  }
  wanted.classes = classes;
  Trained trained{einet::nn::make_vgg16(wanted), normalisation};
  einet::io::load_parameters(path, trained.network);
  return trained;
}

}  // namespace example

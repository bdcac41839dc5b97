#pragma once
// What the programs agree on: the names of a network's files, and what is in them.

#include "networks.hpp"

#include <einet/data/dataset.hpp>
#include <einet/io/fingerprint.hpp>
#include <einet/io/predictor_file.hpp>
#include <einet/io/safetensors.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/profile/confidence_profile.hpp>

#include <cstddef>
#include <filesystem>
#include <numeric>
#include <optional>
#include <span>
#include <variant>

namespace example {

inline constexpr std::size_t exits = 14;    // of the network in examples/data
inline constexpr std::size_t classes = 10;  // of that network
inline constexpr std::size_t hidden = 128;  // of the predictor

/// Networks of any number of exits up to this are run and profiled.
inline constexpr std::size_t most_exits = einet::exit_sizes.back();

inline constexpr const char* weights_file = "weights.safetensors";
inline constexpr const char* profile_file = "profile.safetensors";
inline constexpr const char* predictor_file = "predictor.safetensors";
inline constexpr const char* images_file = "test-images-idx3-ubyte.gz";
inline constexpr const char* labels_file = "test-labels-idx1-ubyte.gz";

/// What the predictor's file must say: that it was fitted to the confidences of this very profile.
template <std::size_t N>
einet::io::PredictorIdentity predictor_identity(const einet::ConfidenceProfile<N>& fitting) {
  return einet::io::identity_of<einet::CsParameters<N, hidden>>("cs_predictor", einet::Target::confidence,
                                                                einet::fingerprint(fitting), fitting.counted);
}

/// A network for inference. The number of classes is part of its type.
using Inference = std::variant<einet::nn::InferenceNetwork<10>, einet::nn::InferenceNetwork<100>>;

/// @throws std::invalid_argument if the network has neither 10 nor 100 classes
Inference make_inference(const einet::nn::Graph& network);

/// The network with its last exit alone: all conv parts as one, and the last branch.
template <std::size_t N>
einet::TimeProfile<1> last_exit(const einet::TimeProfile<N>& times) {
  const auto end = times.conv.begin() + static_cast<std::ptrdiff_t>(times.exit_count());
  return {{std::accumulate(times.conv.begin(), end, 0.0)}, {times.branch[times.exit_count() - 1]}};
}
template <std::size_t N>
einet::ConfidenceProfile<1> last_exit(const einet::ConfidenceProfile<N>& profile) {
  einet::ConfidenceProfile<1> last;
  last.label = profile.label;
  const std::size_t at = profile.exit_count() - 1;
  for (const auto& row : profile.confidence) last.confidence.push_back({row[at]});
  for (const auto& row : profile.predicted) last.predicted.push_back({row[at]});
  return last;
}

/// The network's input is (pixel / 255 − mean) / deviation, padded to the network's size.
struct Normalisation {
  float mean = 0;
  float deviation = 1;
};

/// Mean and standard deviation of all pixels, over all channels together.
Normalisation normalisation_of(const einet::data::Dataset& images);

/// A network and how its images are normalised.
struct Trained {
  einet::nn::Graph network;
  Normalisation normalisation;
  NetworkSizes sizes{};
};

/// Prepares one image for `trained`.
void fill(const einet::data::Dataset& images, std::size_t index, const Trained& trained,
          std::span<float> out);

/// @throws einet::io::FileError naming `path`, where the images come from, if `trained` cannot take them
void expect_images(const einet::data::Dataset& images, const std::filesystem::path& path,
                   const Trained& trained);

/// Sizes and normalisation, as metadata of a file of weights.
einet::io::Metadata describe(const NetworkSizes& sizes, Normalisation normalisation);

/// The network in a file of weights that `describe` and `save_parameters` made.
/// @throws einet::io::FileError naming file and field; if the file is too small for the network it describes,
/// before the memory for that is taken
/// @param wanted exits, if it must have so many
Trained load_network(const std::filesystem::path& path, std::optional<std::size_t> wanted = std::nullopt);

}  // namespace example

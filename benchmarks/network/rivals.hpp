#pragma once
// Others that run a whole network, all exits, at batch 1 on one thread.

#include <einet/nn/graph.hpp>

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace einet::bench {

struct NetworkRival {
  std::string name;
  std::function<void()> run;
  /// The scores of all exits of the last run, one after the other.
  std::function<std::vector<float>()> scores;
  bool same_weights = false;  ///< as the graph's, so that the scores must be
};

/// Keeps oneDNN to an instruction set, if one is named, and to one thread; returns its title.
/// @throws std::invalid_argument if the set is unknown
std::string set_up_onednn(std::string_view isa);
/// einet's graph with oneDNN's convolutions; and all of it by oneDNN, its primitives chained in channels-last
/// and in blocked maps, weights packed, each convolution by the fastest of its algorithms.
/// @param graph outlives them; so does the image, [height][width][channels]
[[nodiscard]] std::vector<NetworkRival> onednn_rivals(const nn::Graph& graph, std::span<const float> image);

/// An ONNX file in one session. The image is [channels][height][width] and outlives it.
/// @throws std::runtime_error naming the file
[[nodiscard]] NetworkRival onnxruntime_rival(const std::filesystem::path& file, std::span<float> image);
[[nodiscard]] std::string onnxruntime_title();

/// A TorchScript module, frozen. As above.
[[nodiscard]] NetworkRival libtorch_rival(const std::filesystem::path& file, nn::Shape shape,
                                          std::span<float> image);
[[nodiscard]] std::string libtorch_title();

}  // namespace einet::bench

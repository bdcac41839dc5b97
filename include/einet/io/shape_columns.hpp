#pragma once
// Margins and entropies of a confidence profile in a safetensors file: tensors margin and entropy, F32
// [samples, N], as einet writes them; or top_logprob, a float type, [samples, N, listed], the natural
// log-probabilities of the most probable classes, from which they are computed.

#include <einet/io/safetensors.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/signals.hpp>
#include <einet/run/output_shape.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace einet::io::detail {

template <std::size_t N>
void add_shapes(SafetensorsWriter& writer, const ConfidenceProfile<N>& profile) {
  if (!profile.has_shapes()) return;
  std::vector<float> margin, entropy;
  for (const auto& row : profile.shape)
    for (const OutputShape& output : row) {
      margin.push_back(output.margin);
      entropy.push_back(output.entropy);
    }
  const std::array<std::size_t, 2> shape{profile.size(), N};
  writer.add("margin", shape, std::span<const float>(margin));
  writer.add("entropy", shape, std::span<const float>(entropy));
}

/// @param classes of the network, > 0
/// @throws FileError naming the tensor and what is wrong with its shape, or the element that is no logarithm
/// of a probability
template <std::size_t N>
std::vector<std::array<OutputShape, N>> shapes_from_log_probabilities(const SafetensorsFile& file,
                                                                      std::size_t samples,
                                                                      std::size_t classes) {
  const std::string name = "top_logprob";
  const auto& stored = file.tensor(name).shape;
  const std::size_t listed = stored.size() == 3 ? stored.back() : 0;
  if (listed < 2 || listed > classes || stored[0] != samples || stored[1] != N)
    throw FileError(file.path(), tensor_field(name),
                    "has shape " + shape_text(stored) + ", expected [" + std::to_string(samples) + ", " +
                        std::to_string(N) + ", 2 to " + std::to_string(classes) + "]");
  const auto values = file.read<float>(name);
  const auto bad = std::find_if(values.begin(), values.end(), [](float value) { return !(value <= 0.f); });
  if (bad != values.end())
    throw FileError(file.path(), tensor_field(name),
                    "element " + std::to_string(bad - values.begin()) + " is " + std::to_string(*bad) +
                        ", expected the logarithm of a probability");
  return output_shapes<N>(values, samples, listed, classes);
}

/// What the file has of margins and entropies; empty if it has nothing, or log-probabilities but not the
/// number of classes.
/// @param classes of the network, 0: not known
/// @throws FileError if one of margin and entropy is missing or has another shape, or as
/// shapes_from_log_probabilities(); their values are for validate(ConfidenceProfile) to judge
template <std::size_t N>
std::vector<std::array<OutputShape, N>> read_shapes(const SafetensorsFile& file, std::size_t samples,
                                                    std::size_t classes) {
  if (!file.contains("margin") && !file.contains("entropy"))
    return classes > 0 && file.contains("top_logprob")
               ? shapes_from_log_probabilities<N>(file, samples, classes)
               : std::vector<std::array<OutputShape, N>>{};
  const std::array<std::size_t, 2> shape{samples, N};
  file.expect_shape("margin", shape);
  file.expect_shape("entropy", shape);
  const auto margin = file.read<float>("margin");
  const auto entropy = file.read<float>("entropy");
  std::vector<std::array<OutputShape, N>> shapes(samples);
  for (std::size_t s = 0; s < samples; ++s)
    for (std::size_t k = 0; k < N; ++k) shapes[s][k] = {margin[s * N + k], entropy[s * N + k]};
  return shapes;
}

}  // namespace einet::io::detail

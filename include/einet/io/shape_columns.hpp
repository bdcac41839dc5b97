#pragma once
// Margins and entropies of a confidence profile in a safetensors file: tensors margin and entropy, [samples,
// N], as einet writes them; or top_logprob, [samples, N, listed], the natural log-probabilities of the most
// probable classes, from which they are computed. All are of a float type; einet writes F32. The file may
// also hold the classes themselves: top_class, of an integer type, [samples, N, listed].

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/io/output_shapes.hpp>
#include <einet/io/profile_consistency.hpp>
#include <einet/io/safetensors.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/run/output_shape.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
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

/// @param classes of the network, 0: not known
/// @throws FileError naming the element that is not a class
inline void expect_classes(const std::filesystem::path& path, const std::string& name,
                           std::span<const std::int32_t> values, std::size_t classes) {
  const auto bad = std::find_if(values.begin(), values.end(), [&](std::int32_t value) {
    return value < 0 || (classes > 0 && static_cast<std::size_t>(value) >= classes);
  });
  if (bad != values.end())
    EINET_THROW(FileError(path, tensor_field(name),
                          "element " + std::to_string(bad - values.begin()) + " is the class " +
                              std::to_string(*bad) + ", expected " +
                              (classes > 0 ? "0 to " + std::to_string(classes - 1) : "0 or more")));
}

/// The tensor's elements, from any float type.
inline std::vector<float> read_floats(const SafetensorsFile& file, const std::string& name) {
  if (file.tensor(name).dtype != Dtype::f64) return file.read<float>(name);
  std::vector<float> narrowed;
  for (const double value : file.read<double>(name)) {
    constexpr double most = (std::numeric_limits<float>::max)();
    narrowed.push_back(value > most    ? std::numeric_limits<float>::infinity()
                       : value < -most ? -std::numeric_limits<float>::infinity()
                                       : static_cast<float>(value));
  }
  return narrowed;
}

/// The log-probabilities of the most probable classes, and those classes, as far as the file has them.
/// @param classes of the network, 0: not known
/// @throws FileError naming the tensor and what is wrong with its shape, or the element that is not the
/// logarithm of a probability, or not a class
template <std::size_t N>
std::optional<TopScores> read_top_scores(const SafetensorsFile& file, std::size_t samples,
                                         std::size_t classes) {
  const std::string name = "top_logprob";
  if (!file.contains(name)) return std::nullopt;
  const auto& stored = file.tensor(name).shape;
  const std::size_t listed = stored.size() == 3 ? stored.back() : 0;
  if (listed < 1 || (classes > 0 && listed > classes) || stored[0] != samples || stored[1] != N)
    EINET_THROW(FileError(file.path(), tensor_field(name),
                          "has shape " + shape_text(stored) + ", expected [" + std::to_string(samples) +
                              ", " + std::to_string(N) + ", " +
                              (classes > 0 ? "1 to " + std::to_string(classes) : "1 or more") + "]"));
  TopScores scores{listed, read_floats(file, name), {}};
  const auto bad =
      std::find_if(scores.log.begin(), scores.log.end(), [](float value) { return !(value <= 0.f); });
  if (bad != scores.log.end())
    EINET_THROW(FileError(file.path(), tensor_field(name),
                          "element " + std::to_string(bad - scores.log.begin()) + " is " +
                              einet::detail::number(*bad) + ", expected the logarithm of a probability"));
  if (!file.contains("top_class")) return scores;
  file.expect_shape("top_class", stored);
  scores.column = file.read<std::int32_t>("top_class");
  expect_classes(file.path(), "top_class", scores.column, classes);
  return scores;
}

/// Margins and entropies as far as the file has them; empty if it has none, or has log-probabilities without
/// the number of classes, or of only one class.
/// @param classes of the network, 0: not known
/// @throws FileError if one of margin and entropy is missing or has another shape;
/// validate(ConfidenceProfile) and expect_consistent() check their values
template <std::size_t N>
std::vector<std::array<OutputShape, N>> read_shapes(const SafetensorsFile& file, std::size_t samples,
                                                    std::size_t classes,
                                                    const std::optional<TopScores>& scores) {
  if (!file.contains("margin") && !file.contains("entropy")) {
    if (classes == 0 || !scores || scores->listed < 2) return {};
    return io::output_shapes<N>(scores->log, samples, scores->listed, classes);
  }
  const std::array<std::size_t, 2> shape{samples, N};
  file.expect_shape("margin", shape);
  file.expect_shape("entropy", shape);
  const auto margin = read_floats(file, "margin");
  const auto entropy = read_floats(file, "entropy");
  std::vector<std::array<OutputShape, N>> shapes(samples);
  for (std::size_t s = 0; s < samples; ++s)
    for (std::size_t k = 0; k < N; ++k) shapes[s][k] = {margin[s * N + k], entropy[s * N + k]};
  return shapes;
}

/// The rounding of the columns by the types in the file.
inline Roundings roundings_of(const SafetensorsFile& file) {
  const auto of = [&](const std::string& name) {
    return rounding_of(file.contains(name) ? file.tensor(name).dtype : Dtype::f32);
  };
  return {of("confidence"), of("margin"), of("entropy"), of("top_logprob")};
}

}  // namespace einet::io::detail

#pragma once
// The most probable classes of every output, in a confidence profile's safetensors file: top_logprob, their
// natural log-probabilities, of a float type, and top_class, the classes themselves, of an integer type; both
// [samples, N, listed].

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/io/safetensors.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace einet::io::detail {

/// The most probable classes of every output.
struct TopScores {
  std::size_t listed = 0;              ///< of every output, >= 1
  std::vector<float> log;              ///< [samples][N][listed] natural logarithms of probabilities
  std::vector<std::int32_t> column{};  ///< [samples][N][listed] their classes; empty if not known
};

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
inline std::optional<TopScores> read_top_scores(const SafetensorsFile& file, std::size_t samples,
                                                std::size_t exits, std::size_t classes) {
  const std::string name = "top_logprob";
  if (!file.contains(name)) return std::nullopt;
  const auto& stored = file.tensor(name).shape;
  const std::size_t listed = stored.size() == 3 ? stored.back() : 0;
  if (listed < 1 || (classes > 0 && listed > classes) || stored[0] != samples || stored[1] != exits)
    EINET_THROW(FileError(file.path(), tensor_field(name),
                          "has shape " + shape_text(stored) + ", expected [" + std::to_string(samples) +
                              ", " + std::to_string(exits) + ", " +
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

}  // namespace einet::io::detail

#pragma once
// Time and confidence profiles as safetensors files; one file may hold both, and other tensors too. Tensors:
// conv_seconds and branch_seconds F64 [N]; confidence F32 (or another float type) [samples, N]; predicted
// [samples, N] and label [samples], U8, or I32 where a class exceeds 255. The number of classes is metadata
// "classes". The most probable classes as in top_scores.hpp, against which the confidences are checked. Other
// tensors are ignored.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/io/profile_consistency.hpp>
#include <einet/io/safetensors.hpp>
#include <einet/io/top_scores.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/profile/confidence_profile.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace einet::io {

namespace detail {

template <std::size_t N>
void add_seconds(SafetensorsWriter& writer, const std::string& suffix, const TimeProfile<N>& times) {
  const std::array<std::size_t, 1> shape{N};
  writer.add("conv_seconds" + suffix, shape, std::span<const double>(times.conv));
  writer.add("branch_seconds" + suffix, shape, std::span<const double>(times.branch));
}

/// Checks that the tensor, whose dimension `axis` counts exits, has `wanted` of them.
inline void expect_exits(const SafetensorsFile& file, const std::string& name, std::size_t rank,
                         std::size_t wanted) {
  const TensorEntry& entry = file.tensor(name);
  if (entry.shape.size() != rank)
    EINET_THROW(FileError(file.path(), tensor_field(name),
                          "has shape " + shape_text(entry.shape) + ", expected " + std::to_string(rank) +
                              (rank == 1 ? " dimension" : " dimensions")));
  if (entry.shape.back() != wanted)
    EINET_THROW(FileError(file.path(), tensor_field(name),
                          "the profile has " + std::to_string(entry.shape.back()) +
                              " exits, the network has " + std::to_string(wanted)));
}

inline void expect_samples(const std::filesystem::path& path, std::size_t samples) {
  if (samples == 0) EINET_THROW(FileError(path, tensor_field("label"), "has no samples"));
}

inline void expect_samples(const SafetensorsFile& file, const std::string& name, std::size_t samples) {
  const std::size_t have = file.tensor(name).shape.front();
  if (have != samples)
    EINET_THROW(
        FileError(file.path(), tensor_field(name),
                  "has " + std::to_string(have) + " samples, the label has " + std::to_string(samples)));
}

template <std::size_t N>
std::array<double, N> read_seconds(const SafetensorsFile& file, const std::string& name) {
  expect_exits(file, name, 1, N);
  const auto values = file.read<double>(name);
  std::array<double, N> seconds{};
  std::copy(values.begin(), values.end(), seconds.begin());
  return seconds;
}

/// Runs the profile's own check and adds the file's name to its message.
template <class Profile>
void validate_for(const std::filesystem::path& path, const Profile& profile) {
  try {
    validate(profile);
  } catch (const std::invalid_argument& error) {
    EINET_THROW(FileError(path, "", error.what()));
  }
}

inline void add_classes(SafetensorsWriter& writer, const std::string& name,
                        std::span<const std::size_t> shape, std::span<const std::int32_t> values) {
  if (std::any_of(values.begin(), values.end(), [](std::int32_t v) { return v > 255; }))
    return writer.add(name, shape, values);
  std::vector<std::uint8_t> bytes;
  for (const std::int32_t value : values) bytes.push_back(static_cast<std::uint8_t>(value));
  writer.add(name, shape, std::span<const std::uint8_t>(bytes));
}

}  // namespace detail

/// The number of classes, if the metadata names it.
/// @throws FileError if it is not a whole number >= 1
[[nodiscard]] inline std::optional<std::int32_t> read_class_count(const SafetensorsFile& file) {
  const auto found = file.metadata().find("classes");
  if (found == file.metadata().end()) return std::nullopt;
  const std::string& text = found->second;
  std::int32_t classes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), classes);
  if (error != std::errc() || end != text.data() + text.size() || classes < 1)
    EINET_THROW(
        FileError(file.path(), "metadata 'classes'", "is '" + text + "', expected a whole number >= 1"));
  return classes;
}

/// Adds a time profile and, if given, the spread of each of its times over the runs (seconds).
/// @throws FileError if the profile is not valid
template <std::size_t N>
void add_profile(SafetensorsWriter& writer, const TimeProfile<N>& times,
                 const std::type_identity_t<std::optional<TimeProfile<N>>>& spread = std::nullopt) {
  detail::validate_for(writer.path(), times);
  detail::add_seconds(writer, "", times);
  if (spread) detail::add_seconds(writer, "_spread", *spread);
}

/// Adds a confidence profile over `classes` classes; 0 if not known, and then not checked on reading.
/// @throws FileError if the profile is not valid or has no samples
template <std::size_t N>
void add_profile(SafetensorsWriter& writer, const ConfidenceProfile<N>& profile, std::size_t classes = 0) {
  detail::expect_samples(writer.path(), profile.samples());
  detail::validate_for(writer.path(), profile);
  constexpr std::size_t most = (std::numeric_limits<std::int32_t>::max)();
  if (classes > most) EINET_THROW(FileError(writer.path(), "metadata 'classes'", "are more than 2^31 - 1"));
  std::vector<float> confidence;
  std::vector<std::int32_t> predicted;
  for (const auto& row : profile.confidence) confidence.insert(confidence.end(), row.begin(), row.end());
  for (const auto& row : profile.predicted) predicted.insert(predicted.end(), row.begin(), row.end());
  detail::expect_classes(writer.path(), "predicted", predicted, classes);
  detail::expect_classes(writer.path(), "label", profile.label, classes);
  const std::array<std::size_t, 2> shape{profile.samples(), N};
  writer.add("confidence", shape, std::span<const float>(confidence));
  detail::add_classes(writer, "predicted", shape, predicted);
  detail::add_classes(writer, "label", std::span(shape).first(1), profile.label);
  if (classes > 0) writer.set_metadata("classes", std::to_string(classes));
}

/// The time profile in `file`.
/// @throws FileError naming the field: missing, for another number of exits, negative, not finite, all 0
template <std::size_t N>
[[nodiscard]] TimeProfile<N> read_time_profile(const SafetensorsFile& file) {
  const TimeProfile<N> times{detail::read_seconds<N>(file, "conv_seconds"),
                             detail::read_seconds<N>(file, "branch_seconds")};
  detail::validate_for(file.path(), times);
  return times;
}

/// The spread of the time profile in `file`, if it has one. @throws FileError as read_time_profile()
template <std::size_t N>
[[nodiscard]] std::optional<TimeProfile<N>> read_time_spread(const SafetensorsFile& file) {
  if (!file.contains("conv_seconds_spread") && !file.contains("branch_seconds_spread")) return std::nullopt;
  TimeProfile<N> spread{detail::read_seconds<N>(file, "conv_seconds_spread"),
                        detail::read_seconds<N>(file, "branch_seconds_spread")};
  for (const auto& [name, seconds] :
       {std::pair("conv_seconds_spread", &spread.conv), std::pair("branch_seconds_spread", &spread.branch)})
    for (std::size_t k = 0; k < N; ++k)
      if (const double second = (*seconds)[k]; !is_finite(second) || second < 0)
        EINET_THROW(FileError(file.path(), detail::tensor_field(name),
                              "element " + std::to_string(k) + " is " + einet::detail::number(second) +
                                  ", expected finite seconds >= 0"));
  return spread;
}

/// The confidence profile in `file`.
/// @throws FileError naming the field: missing, for another number of exits, with unequal numbers of samples
/// or none, a confidence outside [0, 1], a class out of range; or a value that contradicts another by more
/// than profile_consistency.hpp allows: probabilities whose sum exceeds 1, a confidence that is not the
/// highest of them, a predicted class that is not the most probable one
template <std::size_t N>
[[nodiscard]] ConfidenceProfile<N> read_confidence_profile(const SafetensorsFile& file) {
  detail::expect_exits(file, "confidence", 2, N);
  detail::expect_exits(file, "predicted", 2, N);
  if (file.tensor("label").shape.size() != 1)
    EINET_THROW(FileError(file.path(), "tensor 'label'",
                          "has shape " + shape_text(file.tensor("label").shape) + ", expected 1 dimension"));
  ConfidenceProfile<N> profile;
  profile.label = file.read<std::int32_t>("label");
  detail::expect_samples(file.path(), profile.samples());
  detail::expect_samples(file, "confidence", profile.samples());
  detail::expect_samples(file, "predicted", profile.samples());
  const auto confidence = detail::read_floats(file, "confidence");
  const auto predicted = file.read<std::int32_t>("predicted");
  const auto classes = static_cast<std::size_t>(read_class_count(file).value_or(0));
  detail::expect_classes(file.path(), "predicted", predicted, classes);
  detail::expect_classes(file.path(), "label", profile.label, classes);
  const auto scores = detail::read_top_scores<N>(file, profile.samples(), classes);
  profile.confidence.resize(profile.samples());
  profile.predicted.resize(profile.samples());
  for (std::size_t s = 0; s < profile.samples(); ++s) {
    std::copy_n(confidence.data() + s * N, N, profile.confidence[s].begin());
    std::copy_n(predicted.data() + s * N, N, profile.predicted[s].begin());
  }
  detail::validate_for(file.path(), profile);
  if (scores)
    detail::expect_consistent(file.path(), profile, *scores, classes,
                              {detail::rounding_of(file.tensor("confidence").dtype),
                               detail::rounding_of(file.tensor("top_logprob").dtype)});
  return profile;
}

/// Saves a file with only a time profile; for both profiles in one file, call add_profile() twice on one
/// writer.
/// @throws FileError if the profile is not valid or the file cannot be written
template <std::size_t N>
void save_profile(const std::filesystem::path& path, const TimeProfile<N>& times,
                  const std::type_identity_t<std::optional<TimeProfile<N>>>& spread = std::nullopt,
                  const Metadata& metadata = {}) {
  SafetensorsWriter writer(path);
  add_profile(writer, times, spread);
  writer.set_metadata(metadata);
  writer.save();
}

/// Saves a file with only a confidence profile. @throws FileError as for the time profile
template <std::size_t N>
void save_profile(const std::filesystem::path& path, const ConfidenceProfile<N>& profile,
                  std::size_t classes = 0, const Metadata& metadata = {}) {
  SafetensorsWriter writer(path);
  add_profile(writer, profile, classes);
  writer.set_metadata(metadata);
  writer.save();
}

/// read_time_profile() of the file at `path`.
template <std::size_t N>
[[nodiscard]] TimeProfile<N> load_time_profile(const std::filesystem::path& path) {
  return read_time_profile<N>(SafetensorsFile(path));
}

/// read_confidence_profile() of the file at `path`.
template <std::size_t N>
[[nodiscard]] ConfidenceProfile<N> load_confidence_profile(const std::filesystem::path& path) {
  return read_confidence_profile<N>(SafetensorsFile(path));
}

}  // namespace einet::io

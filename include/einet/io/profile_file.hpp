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
#include <einet/plan/exits.hpp>
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
  const std::array<std::size_t, 1> shape{times.exit_count()};
  writer.add("conv_seconds" + suffix, shape, std::span<const double>(times.conv).first(shape[0]));
  writer.add("branch_seconds" + suffix, shape, std::span<const double>(times.branch).first(shape[0]));
}

/// Checks that the tensor, whose last dimension counts exits, has N of them: 1 to C, if N is up_to(C).
/// @return how many
template <std::size_t N>
std::size_t expect_exits(const SafetensorsFile& file, const std::string& name, std::size_t rank) {
  const TensorEntry& entry = file.tensor(name);
  if (entry.shape.size() != rank)
    EINET_THROW(FileError(file.path(), tensor_field(name),
                          "has shape " + shape_text(entry.shape) + ", expected " + std::to_string(rank) +
                              (rank == 1 ? " dimension" : " dimensions")));
  const std::size_t exits = entry.shape.back();
  if (run_time_exits<N> ? exits < 1 || exits > most_exits<N> : exits != N)
    EINET_THROW(FileError(file.path(), tensor_field(name),
                          "the profile has " + std::to_string(exits) + " exits, " +
                              (run_time_exits<N> ? "expected 1 to " : "the network has ") +
                              std::to_string(most_exits<N>)));
  return exits;
}

/// Checks that two tensors have the same number of exits.
inline void expect_same_exits(const SafetensorsFile& file, const std::string& name, std::size_t exits,
                              const std::string& of, std::size_t wanted) {
  if (exits != wanted)
    EINET_THROW(FileError(
        file.path(), tensor_field(name),
        "has " + std::to_string(exits) + " exits, " + tensor_field(of) + " has " + std::to_string(wanted)));
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

/// The seconds of all conv parts and branches.
/// @param suffix of the tensors' names
template <std::size_t N>
TimeProfile<N> read_seconds(const SafetensorsFile& file, const std::string& suffix) {
  const std::string conv = "conv_seconds" + suffix, branch = "branch_seconds" + suffix;
  const std::size_t exits = expect_exits<N>(file, conv, 1);
  expect_same_exits(file, branch, expect_exits<N>(file, branch, 1), conv, exits);
  TimeProfile<N> times(exits);
  std::ranges::copy(file.read<double>(conv), times.conv.begin());
  std::ranges::copy(file.read<double>(branch), times.branch.begin());
  return times;
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
  const auto exits = static_cast<std::ptrdiff_t>(profile.exit_count());
  for (const auto& row : profile.confidence)
    confidence.insert(confidence.end(), row.begin(), row.begin() + exits);
  for (const auto& row : profile.predicted)
    predicted.insert(predicted.end(), row.begin(), row.begin() + exits);
  detail::expect_classes(writer.path(), "predicted", predicted, classes);
  detail::expect_classes(writer.path(), "label", profile.label, classes);
  const std::array<std::size_t, 2> shape{profile.samples(), profile.exit_count()};
  writer.add("confidence", shape, std::span<const float>(confidence));
  detail::add_classes(writer, "predicted", shape, predicted);
  detail::add_classes(writer, "label", std::span(shape).first(1), profile.label);
  if (classes > 0) writer.set_metadata("classes", std::to_string(classes));
}

/// The number of exits of the time profile in `file`, as with_exits takes it.
/// @throws FileError if there is no time profile, or not with 1 to 128 exits
[[nodiscard]] inline std::size_t read_exit_count(const SafetensorsFile& file) {
  return detail::expect_exits<up_to(exit_sizes.back())>(file, "conv_seconds", 1);
}

/// The time profile in `file`.
/// @throws FileError naming the field: missing, for another number of exits (more than C, if N is up_to(C)),
/// negative, not finite, all 0
template <std::size_t N>
[[nodiscard]] TimeProfile<N> read_time_profile(const SafetensorsFile& file) {
  const auto times = detail::read_seconds<N>(file, "");
  detail::validate_for(file.path(), times);
  return times;
}

/// The spread of the time profile in `file`, if it has one. @throws FileError as read_time_profile()
template <std::size_t N>
[[nodiscard]] std::optional<TimeProfile<N>> read_time_spread(const SafetensorsFile& file) {
  if (!file.contains("conv_seconds_spread") && !file.contains("branch_seconds_spread")) return std::nullopt;
  const auto spread = detail::read_seconds<N>(file, "_spread");
  for (const auto& [name, seconds] :
       {std::pair("conv_seconds_spread", &spread.conv), std::pair("branch_seconds_spread", &spread.branch)})
    for (std::size_t k = 0; k < spread.exit_count(); ++k)
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
  const std::size_t exits = detail::expect_exits<N>(file, "confidence", 2);
  detail::expect_same_exits(file, "predicted", detail::expect_exits<N>(file, "predicted", 2), "confidence",
                            exits);
  if (file.tensor("label").shape.size() != 1)
    EINET_THROW(FileError(file.path(), "tensor 'label'",
                          "has shape " + shape_text(file.tensor("label").shape) + ", expected 1 dimension"));
  ConfidenceProfile<N> profile;
  profile.counted = exits;
  profile.label = file.read<std::int32_t>("label");
  detail::expect_samples(file.path(), profile.samples());
  detail::expect_samples(file, "confidence", profile.samples());
  detail::expect_samples(file, "predicted", profile.samples());
  const auto confidence = detail::read_floats(file, "confidence");
  const auto predicted = file.read<std::int32_t>("predicted");
  const auto classes = static_cast<std::size_t>(read_class_count(file).value_or(0));
  detail::expect_classes(file.path(), "predicted", predicted, classes);
  detail::expect_classes(file.path(), "label", profile.label, classes);
  const auto scores = detail::read_top_scores(file, profile.samples(), exits, classes);
  profile.confidence.resize(profile.samples());
  profile.predicted.resize(profile.samples());
  for (std::size_t s = 0; s < profile.samples(); ++s) {
    std::copy_n(confidence.data() + s * exits, exits, profile.confidence[s].begin());
    std::copy_n(predicted.data() + s * exits, exits, profile.predicted[s].begin());
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

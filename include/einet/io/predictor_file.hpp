#pragma once
// The parameters of a fitted predictor as a safetensors file that says what it was fitted for.

#include <einet/base/assert.hpp>
#include <einet/io/named_tensors.hpp>
#include <einet/plan/exits.hpp>
#include <einet/predict/fitting_samples.hpp>
#include <einet/run/observation.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace einet::io {

/// What a predictor was made for; stored with its parameters and compared before they are read.
struct PredictorIdentity {
  std::string kind;                               ///< such as "cs_predictor"
  std::size_t exits = 0;                          ///< N
  std::size_t hidden = 0;                         ///< H; 0 for a predictor without hidden layers
  std::string fingerprint{};                      ///< of the profile it was fitted on; empty: any will do
  std::vector<std::string> inputs{"confidence"};  ///< names of what it observes at every exit
  Target target = Target::confidence;             ///< what its numbers mean
};

/// The identity of a predictor that has `Parameters` and was fitted on the inputs that `Observation` gives.
/// @param fingerprint of the profile that it was fitted on, or must have been; empty: any profile
/// @param exits how many, if that is known only at run time
template <class Parameters, class Observation = ConfidenceOnly>
[[nodiscard]] PredictorIdentity identity_of(const std::string& kind, Target target,
                                            const std::string& fingerprint = {},
                                            ExitCount<Parameters::exits> exits = {}) {
  PredictorIdentity identity{
      .kind = kind, .exits = exits.exit_count(), .fingerprint = fingerprint, .inputs = {}, .target = target};
  if constexpr (requires { Parameters::hidden; }) identity.hidden = Parameters::hidden;
  if constexpr (requires { Parameters::inputs; })
    static_assert(Observation::inputs == Parameters::inputs,
                  "identity_of: the observation, the second argument, must have as many inputs as the "
                  "parameters");
  for (const std::string_view name : Observation::names()) identity.inputs.emplace_back(name);
  return identity;
}

namespace detail {

/// Target and inputs as the file holds them, for comparison.
struct IdentityText {
  std::string inputs;  ///< names joined by ", "
  std::string target;
};

inline IdentityText text_of(const PredictorIdentity& identity) {
  IdentityText text{"", identity.target == Target::confidence ? "confidence" : "correctness"};
  for (const std::string& name : identity.inputs) text.inputs += (text.inputs.empty() ? "" : ", ") + name;
  return text;
}

inline void expect_number(const SafetensorsFile& file, const std::string& key, const std::string& what,
                          std::size_t expected) {
  const auto found = file.metadata().find(key);
  const std::string stored = found == file.metadata().end() ? "an unknown number of" : found->second;
  if (stored != std::to_string(expected))
    EINET_THROW(FileError(
        file.path(), metadata_field(key),
        "the predictor is for " + printable(stored) + " " + what + ", expected " + std::to_string(expected)));
}

inline void expect_inputs(const SafetensorsFile& file, const PredictorIdentity& identity) {
  const std::string expected = text_of(identity).inputs;
  const auto found = file.metadata().find("inputs");
  if (found == file.metadata().end()) return expect_metadata(file, "inputs", expected);
  const std::string& stored = found->second;
  if (stored != expected)
    EINET_THROW(FileError(file.path(), "metadata 'inputs'",
                          "the predictor observes " +
                              std::to_string(1 + std::count(stored.begin(), stored.end(), ',')) + " (" +
                              printable(stored) + "), expected " + std::to_string(identity.inputs.size()) +
                              " (" + printable(expected) + ")"));
}

/// If the parameters hold a target of their own, it must be that of the identity.
template <class Predictor>
void expect_target(const std::filesystem::path& path, const Predictor& predictor,
                   const PredictorIdentity& identity) {
  if constexpr (requires { predictor.predicted() == identity.target; })
    if (predictor.predicted() != identity.target)
      EINET_THROW(FileError(path, tensor_field("target"),
                            "is not that of the predictor's '" + text_of(identity).target + "'"));
}

}  // namespace detail

/// Saves everything that `predictor.for_each_tensor(f)` shows (see TensorVisit), with its identity.
/// @throws FileError naming file and tensor, an input whose name is empty or has a comma in it, or a target
/// that is not the parameters' own
template <class Predictor>
void save_predictor(const std::filesystem::path& path, Predictor&& predictor,
                    const PredictorIdentity& identity, Precision precision = Precision::f32,
                    const Metadata& metadata = {}) {
  for (const std::string& name : identity.inputs)
    if (name.empty() || name.find(',') != std::string::npos)
      EINET_THROW(
          FileError(path, "metadata 'inputs'", detail::in_quotes(name) + " is not a name for an input"));
  detail::expect_target(path, predictor, identity);
  const auto [inputs, target] = detail::text_of(identity);
  SafetensorsWriter writer(path);
  writer.set_metadata("kind", identity.kind);
  writer.set_metadata("exits", std::to_string(identity.exits));
  writer.set_metadata("hidden", std::to_string(identity.hidden));
  writer.set_metadata("inputs", inputs);
  writer.set_metadata("target", target);
  if (!identity.fingerprint.empty()) writer.set_metadata("fingerprint", identity.fingerprint);
  writer.set_metadata(metadata);
  add_tensors(
      writer, [&](auto&& f) { predictor.for_each_tensor(f); }, precision);
  writer.save();
}

/// Fills everything that `predictor.for_each_tensor(f)` shows and returns the file's metadata; the predictor
/// stays as it was if the file is of another kind, number of exits, width, inputs, target or fingerprint, is
/// damaged, or holds values that `validate(predictor)`, where it exists, refuses.
/// @throws FileError naming file and field, and both values where they differ
template <class Predictor>
Metadata load_predictor(const std::filesystem::path& path, Predictor& predictor,
                        const PredictorIdentity& identity) {
  const SafetensorsFile file(path);
  expect_metadata(file, "kind", identity.kind);
  detail::expect_number(file, "exits", "exits", identity.exits);
  detail::expect_number(file, "hidden", "hidden units", identity.hidden);
  detail::expect_inputs(file, identity);
  expect_metadata(file, "target", detail::text_of(identity).target);
  if (!identity.fingerprint.empty()) expect_metadata(file, "fingerprint", identity.fingerprint);
  Predictor read = predictor;
  read_tensors(file, [&](auto&& f) { read.for_each_tensor(f); });
  if constexpr (requires { validate(read); }) {
    try {
      validate(read);
    } catch (const std::invalid_argument& error) {
      EINET_THROW(FileError(path, "", error.what()));
    }
  }
  detail::expect_target(path, read, identity);
  predictor = std::move(read);
  return file.metadata();
}

}  // namespace einet::io

#pragma once
// The parameters of a fitted predictor as a safetensors file that says what it was fitted for.

#include <einet/io/named_tensors.hpp>

#include <cstddef>
#include <filesystem>
#include <string>

namespace einet::io {

/// What a predictor is, stored beside its parameters and compared before they are read.
struct PredictorIdentity {
  std::string kind;         ///< such as "cs_predictor"
  std::size_t exits = 0;    ///< N
  std::size_t hidden = 0;   ///< H; 0 for a predictor without hidden layers
  std::string fingerprint;  ///< of the profile it was fitted on; empty: any will do
};

namespace detail {

inline void expect_number(const SafetensorsFile& file, const std::string& key, const std::string& what,
                          std::size_t expected) {
  const auto found = file.metadata().find(key);
  const std::string stored = found == file.metadata().end() ? "an unknown number of" : found->second;
  if (stored != std::to_string(expected))
    throw FileError(file.path(), "metadata '" + key + "'",
                    "the predictor is for " + stored + " " + what + ", expected " + std::to_string(expected));
}

}  // namespace detail

/// Saves everything that `predictor.for_each_tensor(f)` shows (see TensorVisit), with what it is.
/// @throws FileError naming file and tensor
template <class Predictor>
void save_predictor(const std::filesystem::path& path, Predictor&& predictor,
                    const PredictorIdentity& identity, Precision precision = Precision::f32,
                    const Metadata& metadata = {}) {
  SafetensorsWriter writer(path);
  writer.set_metadata("kind", identity.kind);
  writer.set_metadata("exits", std::to_string(identity.exits));
  writer.set_metadata("hidden", std::to_string(identity.hidden));
  if (!identity.fingerprint.empty()) writer.set_metadata("fingerprint", identity.fingerprint);
  writer.set_metadata(metadata);
  add_tensors(
      writer, [&](auto&& f) { predictor.for_each_tensor(f); }, precision);
  writer.save();
}

/// Fills everything that `predictor.for_each_tensor(f)` shows and returns the file's metadata; the
/// predictor stays as it was if the file is of another kind, number of exits, width or fingerprint, or is
/// damaged.
/// @throws FileError naming file and field, and both numbers where they differ
template <class Predictor>
Metadata load_predictor(const std::filesystem::path& path, Predictor& predictor,
                        const PredictorIdentity& identity) {
  const SafetensorsFile file(path);
  expect_metadata(file, "kind", identity.kind);
  detail::expect_number(file, "exits", "exits", identity.exits);
  detail::expect_number(file, "hidden", "hidden units", identity.hidden);
  if (!identity.fingerprint.empty()) expect_metadata(file, "fingerprint", identity.fingerprint);
  read_tensors(file, [&](auto&& f) { predictor.for_each_tensor(f); });
  return file.metadata();
}

}  // namespace einet::io

#pragma once
// A stop history as a safetensors file, so that a device resumes learning where it left off. Tensors, F64:
// stops [bins], completions [bins + 1], and the numbers horizon_seconds, half_life, prior, newest.

#include <einet/base/assert.hpp>
#include <einet/io/safetensors.hpp>
#include <einet/io/stored_numbers.hpp>
#include <einet/plan/stop_history.hpp>

#include <array>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

namespace einet::io {

/// Saves everything in `history` to the file at `path`, which is replaced only when all is written.
/// @throws FileError if it cannot be written
inline void save_stop_history(const std::filesystem::path& path, const StopHistory& history,
                              const Metadata& metadata = {}) {
  const StopHistoryState& state = history.state();
  SafetensorsWriter writer(path);
  writer.set_metadata("kind", "stop_history");
  writer.set_metadata("refused", std::to_string(state.refused));
  writer.set_metadata(metadata);
  writer.add("stops", std::array{state.stops.size()}, std::span(state.stops));
  writer.add("completions", std::array{state.completions.size()}, std::span(state.completions));
  detail::add_number(writer, "horizon_seconds", state.horizon);
  detail::add_number(writer, "half_life", state.options.half_life);
  detail::add_number(writer, "prior", state.options.prior);
  detail::add_number(writer, "newest", state.newest);
  writer.save();
}

/// The history in the file at `path`; it continues exactly, to the last bit, as the saved one would have.
/// @throws FileError naming the file and the field: another kind of file, a missing tensor, a wrong shape, a
/// weight that is negative or not finite, a number of bins, horizon or option that StopHistory refuses
[[nodiscard]] inline StopHistory load_stop_history(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  expect_metadata(file, "kind", "stop_history");
  const auto& shape = file.tensor("stops").shape;
  if (shape.size() != 1)
    EINET_THROW(FileError(path, detail::tensor_field("stops"),
                          "has shape " + shape_text(shape) + ", expected 1 dimension"));
  StopHistoryState state;
  state.options.bins = shape.front();
  state.options.half_life = detail::read_number(file, "half_life");
  state.options.prior = detail::read_number(file, "prior");
  state.horizon = detail::read_number(file, "horizon_seconds");
  state.newest = detail::read_number(file, "newest");
  state.stops = file.read<double>("stops");
  file.expect_shape("completions", std::array{state.options.bins + 1});
  state.completions = file.read<double>("completions");
  state.refused = detail::stored_count(file, "refused");
  try {
    return StopHistory(std::move(state));
  } catch (const std::invalid_argument& error) {
    EINET_THROW(FileError(path, "", error.what()));
  }
}

}  // namespace einet::io

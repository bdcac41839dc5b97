#pragma once
// A time budget as a safetensors file, so that a device goes on with the price that it found. Tensors, F64:
// the numbers per_sample_seconds, centre and debt; metadata: samples and refused.

#include <einet/base/assert.hpp>
#include <einet/io/safetensors.hpp>
#include <einet/io/stored_numbers.hpp>
#include <einet/run/time_budget.hpp>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace einet::io {

/// Saves everything in `budget` to the file at `path`, which is replaced only when all is written.
/// @throws FileError if it cannot be written
inline void save_time_budget(const std::filesystem::path& path, const TimeBudget& budget,
                             const Metadata& metadata = {}) {
  const TimeBudgetState& state = budget.state();
  SafetensorsWriter writer(path);
  writer.set_metadata("kind", "time_budget");
  writer.set_metadata("samples", std::to_string(state.samples));
  writer.set_metadata("refused", std::to_string(state.refused));
  writer.set_metadata(metadata);
  detail::add_number(writer, "per_sample_seconds", state.per_sample);
  detail::add_number(writer, "centre", state.centre);
  detail::add_number(writer, "debt", state.debt);
  writer.save();
}

/// The budget in the file at `path`; it continues exactly, to the last bit, as the saved one would have.
/// @throws FileError naming the file and the field: another kind of file, a missing tensor, a wrong shape, a
/// number that no budget can have
[[nodiscard]] inline TimeBudget load_time_budget(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  expect_metadata(file, "kind", "time_budget");
  TimeBudgetState state;
  state.per_sample = detail::read_number(file, "per_sample_seconds");
  state.centre = detail::read_number(file, "centre");
  state.debt = detail::read_number(file, "debt");
  state.samples = detail::stored_count(file, "samples");
  state.refused = detail::stored_count(file, "refused");
  try {
    return TimeBudget(state);
  } catch (const std::invalid_argument& error) {
    EINET_THROW(FileError(path, "", error.what()));
  }
}

}  // namespace einet::io

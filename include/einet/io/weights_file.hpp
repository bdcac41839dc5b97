#pragma once
// The weights of a network as a safetensors file, in PyTorch's names and order of elements.

#include <einet/io/named_tensors.hpp>

#include <filesystem>

namespace einet::io {

/// Saves everything that `network.for_each_parameter(f)` shows (TensorVisit says what f is called with); the
/// file at `path` is replaced only when all is written.
/// @throws FileError naming file and tensor: not finite, beyond the range of Precision::f16, no space
template <class Network>
void save_parameters(const std::filesystem::path& path, Network&& network,
                     Precision precision = Precision::f32, const Metadata& metadata = {}) {
  SafetensorsWriter writer(path);
  writer.set_metadata(metadata);
  add_tensors(
      writer, [&](auto&& f) { network.for_each_parameter(f); }, precision);
  writer.save();
}

/// Fills everything that `network.for_each_parameter(f)` shows. Every parameter must be in `file` with
/// exactly its shape, all values finite, and no tensor left over but PyTorch's num_batches_tracked; otherwise
/// the network stays as it was.
/// @throws FileError listing every name that is missing, has another shape or is left over; naming the
/// first tensor that is not of finite floats
template <class Network>
void load_parameters(const SafetensorsFile& file, Network& network) {
  read_tensors(file, [&](auto&& f) { network.for_each_parameter(f); });
}

/// The same for a file with other names, or with only some of the parameters, as `map` says; for instance
/// io/torchvision.hpp.
/// @return the parameters that stayed as they were, and the tensors that filled none
template <class Network>
Untouched load_parameters(const SafetensorsFile& file, Network& network, const TensorMap& map) {
  return read_tensors(
      file, [&](auto&& f) { network.for_each_parameter(f); }, map);
}

/// The same from the file at `path`, whose metadata it returns.
template <class Network>
Metadata load_parameters(const std::filesystem::path& path, Network& network) {
  const SafetensorsFile file(path);
  load_parameters(file, network);
  return file.metadata();
}

}  // namespace einet::io

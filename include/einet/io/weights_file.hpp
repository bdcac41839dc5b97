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
/// exactly its shape, all values finite, and no tensor left over; otherwise the network stays as it was.
/// @throws FileError naming file and tensor
template <class Network>
void load_parameters(const SafetensorsFile& file, Network& network) {
  read_tensors(file, [&](auto&& f) { network.for_each_parameter(f); });
}

/// The same from the file at `path`, whose metadata it returns.
template <class Network>
Metadata load_parameters(const std::filesystem::path& path, Network& network) {
  const SafetensorsFile file(path);
  load_parameters(file, network);
  return file.metadata();
}

}  // namespace einet::io

#pragma once
// The parts of a safetensors header (format: https://github.com/huggingface/safetensors), and the bounds that
// readers and writers keep.

#include <einet/io/dtype.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace einet::io {

/// Text stored with the tensors of a file.
using Metadata = std::map<std::string, std::string>;

/// One tensor of a file: row-major elements in the bytes [begin, end) of the data after the header.
struct TensorEntry {
  Dtype dtype = Dtype::f32;
  std::vector<std::size_t> shape;  ///< outermost first; empty for a single number
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::string other_dtype{};  ///< the file's name for it if dtype is Dtype::other
};

/// The contents of a header.
struct SafetensorsHeader {
  Metadata metadata;
  std::map<std::string, TensorEntry> tensors;
};

/// No reader of the format accepts a longer header, in bytes.
inline constexpr std::uint64_t longest_safetensors_header = 100'000'000;

// More than any file needs; without these bounds a header could cost many times its size in memory.
inline constexpr std::size_t most_dimensions = 64;            ///< of a tensor
inline constexpr std::size_t longest_tensor_name = 1024;      ///< bytes, of keys of metadata, too
inline constexpr std::size_t most_metadata_entries = 65'536;  ///< of a file

/// "[2, 3]" for messages.
[[nodiscard]] inline std::string shape_text(std::span<const std::size_t> shape) {
  std::string text = "[";
  for (const std::size_t extent : shape)
    text += (text.size() > 1 ? ", " : std::string()) + std::to_string(extent);
  return text + "]";
}

}  // namespace einet::io

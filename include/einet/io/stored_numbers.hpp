#pragma once
// Single numbers in safetensors files.

#include <einet/base/assert.hpp>
#include <einet/io/safetensors.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>

namespace einet::io {

namespace detail {

/// A tensor without dimensions, F64.
inline void add_number(SafetensorsWriter& writer, const std::string& name, double value) {
  writer.add(name, std::span<const std::size_t>{}, std::span<const double>(&value, 1));
}

inline double read_number(const SafetensorsFile& file, const std::string& name) {
  file.expect_shape(name, {});
  return file.read<double>(name).front();
}

/// A whole number in the metadata, where it keeps all its digits.
inline std::uint64_t stored_count(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  const std::string text = found == file.metadata().end() ? "missing" : found->second;
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size())
    EINET_THROW(FileError(file.path(), metadata_field(key),
                          "is " + in_quotes(text) + ", expected a whole number >= 0"));
  return count;
}

}  // namespace detail

}  // namespace einet::io

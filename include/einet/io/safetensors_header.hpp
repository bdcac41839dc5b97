#pragma once
// The header of a safetensors file (format: https://github.com/huggingface/safetensors): what tensors it
// holds and where. Nothing the header says is believed before it is checked against the file's size.

#include <einet/io/file.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace einet::io {

/// Text that travels with the tensors of a file.
using Metadata = std::map<std::string, std::string>;

/// Element types of stored tensors.
enum class Dtype { boolean, u8, i8, u16, i16, f16, bf16, u32, i32, f32, u64, i64, f64 };

/// One tensor of a file: row-major elements in the bytes [begin, end) of the data behind the header.
struct TensorEntry {
  Dtype dtype = Dtype::f32;
  std::vector<std::size_t> shape;  ///< outermost first; empty for a single number
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// What a header says.
struct SafetensorsHeader {
  Metadata metadata;
  std::map<std::string, TensorEntry> tensors;
};

/// No reader of the format accepts a longer header, in bytes.
inline constexpr std::uint64_t longest_safetensors_header = 100'000'000;

namespace detail {

struct DtypeName {
  Dtype dtype;
  std::string_view name;
  std::size_t bytes;
};

inline constexpr std::array<DtypeName, 13> dtype_names{{{Dtype::boolean, "BOOL", 1},
                                                        {Dtype::u8, "U8", 1},
                                                        {Dtype::i8, "I8", 1},
                                                        {Dtype::u16, "U16", 2},
                                                        {Dtype::i16, "I16", 2},
                                                        {Dtype::f16, "F16", 2},
                                                        {Dtype::bf16, "BF16", 2},
                                                        {Dtype::u32, "U32", 4},
                                                        {Dtype::i32, "I32", 4},
                                                        {Dtype::f32, "F32", 4},
                                                        {Dtype::u64, "U64", 8},
                                                        {Dtype::i64, "I64", 8},
                                                        {Dtype::f64, "F64", 8}}};

inline std::string tensor_field(std::string_view name) {
  return "tensor '" + std::string(name) + "'";
}

}  // namespace detail

/// Bytes of one element.
[[nodiscard]] constexpr std::size_t size_of(Dtype dtype) noexcept {
  return detail::dtype_names[static_cast<std::size_t>(dtype)].bytes;
}

/// The format's name of a dtype, such as "F32".
[[nodiscard]] constexpr std::string_view name_of(Dtype dtype) noexcept {
  return detail::dtype_names[static_cast<std::size_t>(dtype)].name;
}

/// "[2, 3]" for messages.
[[nodiscard]] inline std::string shape_text(std::span<const std::size_t> shape) {
  std::string text = "[";
  for (const std::size_t extent : shape)
    text += (text.size() > 1 ? ", " : std::string()) + std::to_string(extent);
  return text + "]";
}

namespace detail {

using Json = nlohmann::json;

/// The header as JSON; refuses what nlohmann accepts silently (a name given twice) and any nesting that
/// the format does not have, before it costs memory.
inline Json parse_header_json(const std::filesystem::path& file, std::string_view text) {
  if (text.empty() || text.front() != '{') throw FileError(file, "header", "does not begin with '{'");
  std::array<std::set<std::string>, 2> names;
  const auto check = [&](int depth, Json::parse_event_t event, const Json& parsed) {
    const auto level = static_cast<std::size_t>(depth);
    if (event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start) {
      if (level > 2) throw FileError(file, "header", "is nested deeper than the format allows");
      if (level < names.size()) names[level].clear();
    }
    if (event == Json::parse_event_t::key) {
      if (level > names.size()) throw FileError(file, "header", "is nested deeper than the format allows");
      const auto& name = parsed.get_ref<const std::string&>();
      if (!names[level - 1].insert(name).second)
        throw FileError(file, "header", "the name '" + name + "' is there twice");
    }
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), check);
  } catch (const Json::exception& error) {
    throw FileError(file, "header", "is not valid JSON: " + std::string(error.what()));
  }
}

inline const Json& header_member(const std::filesystem::path& file, const std::string& field,
                                 const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) throw FileError(file, field, std::string(key) + " is missing");
  return *found;
}

inline std::vector<std::uint64_t> header_numbers(const std::filesystem::path& file, const std::string& field,
                                                 const Json& object, const char* key) {
  const Json& list = header_member(file, field, object, key);
  std::vector<std::uint64_t> numbers;
  const auto refuse = [&] {
    throw FileError(file, field, std::string(key) + " is not a list of whole numbers >= 0 below 2^64");
  };
  if (!list.is_array()) refuse();
  for (const Json& number : list) {
    if (!number.is_number_unsigned()) refuse();
    numbers.push_back(number.get<std::uint64_t>());
  }
  return numbers;
}

inline TensorEntry parse_tensor_entry(const std::filesystem::path& file, const std::string& name,
                                      const Json& object, std::uint64_t data_size) {
  const std::string field = tensor_field(name);
  if (!object.is_object()) throw FileError(file, field, "its header entry is not an object");
  const Json& dtype = header_member(file, field, object, "dtype");
  const auto known = std::find_if(dtype_names.begin(), dtype_names.end(), [&](const DtypeName& candidate) {
    return dtype.is_string() && dtype.get_ref<const std::string&>() == candidate.name;
  });
  if (known == dtype_names.end()) throw FileError(file, field, "has the unknown dtype " + dtype.dump());

  TensorEntry entry;
  entry.dtype = known->dtype;
  std::uint64_t bytes = known->bytes;
  for (const std::uint64_t extent : header_numbers(file, field, object, "shape")) {
    if (extent != 0 && bytes > (std::numeric_limits<std::uint64_t>::max)() / extent)
      throw FileError(file, field, "its shape does not fit in 64 bits");
    bytes *= extent;
    entry.shape.push_back(static_cast<std::size_t>(extent));
  }
  const auto offsets = header_numbers(file, field, object, "data_offsets");
  if (offsets.size() != 2) throw FileError(file, field, "data_offsets are not two numbers");
  entry.begin = offsets[0];
  entry.end = offsets[1];
  const std::string range = "[" + std::to_string(entry.begin) + ", " + std::to_string(entry.end) + "]";
  if (entry.begin > entry.end) throw FileError(file, field, "data_offsets " + range + " run backwards");
  if (entry.end > data_size)
    throw FileError(file, field,
                    "data_offsets " + range + " point outside the file, which has " +
                        std::to_string(data_size) + " bytes of data");
  if (entry.end - entry.begin != bytes)
    throw FileError(file, field,
                    "data_offsets " + range + " span " + std::to_string(entry.end - entry.begin) +
                        " bytes, its shape and dtype need " + std::to_string(bytes));
  return entry;
}

/// The format wants every byte of data to belong to exactly one tensor.
inline void expect_no_holes(const std::filesystem::path& file,
                            const std::map<std::string, TensorEntry>& tensors, std::uint64_t data_size) {
  std::vector<std::tuple<std::uint64_t, std::uint64_t, std::string_view>> ranges;
  ranges.reserve(tensors.size());
  for (const auto& [name, entry] : tensors) ranges.emplace_back(entry.begin, entry.end, name);
  std::sort(ranges.begin(), ranges.end());
  std::uint64_t reached = 0;
  for (const auto& [begin, end, name] : ranges) {
    if (begin != reached)
      throw FileError(file, tensor_field(name),
                      "begins at byte " + std::to_string(begin) +
                          (begin < reached ? " and overlaps" : ", leaving a hole after") +
                          " the tensor before, which ends at " + std::to_string(reached));
    reached = end;
  }
  if (reached != data_size)
    throw FileError(file, "data",
                    std::to_string(data_size - reached) + " trailing bytes belong to no tensor");
}

}  // namespace detail

/// The checked contents of the header `text` of `file`, behind which lie `data_size` bytes.
/// @throws FileError naming the tensor and what is wrong with it
[[nodiscard]] inline SafetensorsHeader parse_safetensors_header(const std::filesystem::path& file,
                                                                std::string_view text,
                                                                std::uint64_t data_size) {
  const detail::Json json = detail::parse_header_json(file, text);
  SafetensorsHeader header;
  for (const auto& [name, value] : json.items()) {
    if (name != "__metadata__") {
      header.tensors.emplace(name, detail::parse_tensor_entry(file, name, value, data_size));
      continue;
    }
    if (!value.is_object()) throw FileError(file, "__metadata__", "is not an object");
    for (const auto& [key, entry] : value.items()) {
      if (!entry.is_string()) throw FileError(file, "__metadata__", "'" + key + "' is not a string");
      header.metadata.emplace(key, entry.get<std::string>());
    }
  }
  detail::expect_no_holes(file, header.tensors, data_size);
  return header;
}

}  // namespace einet::io

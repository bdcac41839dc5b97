#pragma once
// The header of a safetensors file (format: https://github.com/huggingface/safetensors): what tensors it
// holds and where. Nothing in the header is used before it is checked against the file's size.

#include <einet/base/assert.hpp>
#include <einet/io/file_error.hpp>
#include <einet/io/header_events.hpp>
#include <einet/io/tensor_entry.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace einet::io {

namespace detail {

/// Multiplies in 64 bits; false if the product needs more.
inline bool multiply(std::uint64_t& product, std::uint64_t factor) noexcept {
  if (factor != 0 && product > (std::numeric_limits<std::uint64_t>::max)() / factor) return false;
  product *= factor;
  return true;
}

/// Checks that the entry lies within the data and, if its dtype is known, spans what shape and dtype need.
inline void check_entry(const std::filesystem::path& file, const std::string& name, const TensorEntry& entry,
                        std::uint64_t data_size) {
  const auto refuse = [&](const std::string& complaint) {
    EINET_THROW(FileError(file, tensor_field(name), complaint));
  };
  std::uint64_t bits = 1;
  bool fits = true;
  for (const std::size_t extent : entry.shape) fits = fits && multiply(bits, extent);
  if (!fits || !multiply(bits, bits_of(entry.dtype))) refuse("its shape does not fit in 64 bits");

  const std::uint64_t span = entry.end - entry.begin;
  const auto range = [&] {
    return "data_offsets [" + std::to_string(entry.begin) + ", " + std::to_string(entry.end) + "] ";
  };
  if (entry.begin > entry.end) refuse(range() + "run backwards");
  if (entry.end > data_size)
    refuse(range() + "point outside the file, which has " + std::to_string(data_size) + " bytes of data");
  if (entry.dtype == Dtype::other) return;
  if (bits % 8 != 0) refuse("its shape and dtype need " + std::to_string(bits) + " bits, no whole bytes");
  if (span != bits / 8)
    refuse(range() + "span " + std::to_string(span) + " bytes, its shape and dtype need " +
           std::to_string(bits / 8));
}

/// The format requires every byte of data to belong to exactly one tensor.
inline void expect_no_holes(const std::filesystem::path& file,
                            const std::map<std::string, TensorEntry>& tensors, std::uint64_t data_size) {
  std::vector<std::tuple<std::uint64_t, std::uint64_t, std::string_view>> ranges;
  ranges.reserve(tensors.size());
  for (const auto& [name, entry] : tensors) ranges.emplace_back(entry.begin, entry.end, name);
  std::sort(ranges.begin(), ranges.end());
  std::uint64_t reached = 0;
  for (const auto& [begin, end, name] : ranges) {
    if (begin != reached)
      EINET_THROW(FileError(file, tensor_field(name),
                            "begins at byte " + std::to_string(begin) +
                                (begin < reached ? " and overlaps" : ", leaving a hole after") +
                                " the tensor before, which ends at " + std::to_string(reached)));
    reached = end;
  }
  if (reached != data_size)
    EINET_THROW(
        FileError(file, "data", std::to_string(data_size - reached) + " trailing bytes belong to no tensor"));
}

}  // namespace detail

/// The checked contents of the header `text` of `file`, which `data_size` bytes follow. Takes at most time n
/// log n and about six times the memory of `text`.
/// @throws FileError naming the tensor and what is wrong with it
[[nodiscard]] inline SafetensorsHeader parse_safetensors_header(const std::filesystem::path& file,
                                                                std::string_view text,
                                                                std::uint64_t data_size) {
  if (text.empty() || text.front() != '{') EINET_THROW(FileError(file, "header", "does not begin with '{'"));
  // nlohmann's parser would take it for the end of the text.
  if (text.find('\0') != std::string_view::npos)
    EINET_THROW(FileError(file, "header", "is not valid JSON: it has a zero byte"));
  detail::HeaderEvents events(file);
  nlohmann::json::sax_parse(text.begin(), text.end(), &events);
  SafetensorsHeader header = std::move(events).take();
  for (const auto& [name, entry] : header.tensors) detail::check_entry(file, name, entry, data_size);
  detail::expect_no_holes(file, header.tensors, data_size);
  return header;
}

}  // namespace einet::io

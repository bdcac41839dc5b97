#pragma once
// Writes safetensors files (format: https://github.com/huggingface/safetensors) that other readers of the
// format, such as Python's, open too.

#include <einet/io/file.hpp>
#include <einet/io/half.hpp>
#include <einet/io/safetensors_header.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace einet::io {

/// How 32-bit floats are stored.
enum class Precision { f32, f16 };

/// Gathers tensors in memory; save() puts them on the disk in one step.
class SafetensorsWriter {
 public:
  /// Nothing is touched before save().
  explicit SafetensorsWriter(std::filesystem::path path) : path_(std::move(path)) {}

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// Text to store with the tensors, UTF-8; replaces what `key` had.
  void set_metadata(const std::string& key, const std::string& value) { metadata_[key] = value; }
  /// Several at once; a key that is already there keeps what it has.
  void set_metadata(const Metadata& metadata) { metadata_.insert(metadata.begin(), metadata.end()); }

  /// Adds a row-major tensor; the values are copied.
  /// @throws FileError if the name is taken or `values` are not as many as `shape` says
  void add(const std::string& name, std::span<const std::size_t> shape, std::span<const float> values) {
    add_raw(Dtype::f32, name, shape, values);
  }
  void add(const std::string& name, std::span<const std::size_t> shape, std::span<const double> values) {
    add_raw(Dtype::f64, name, shape, values);
  }
  void add(const std::string& name, std::span<const std::size_t> shape,
           std::span<const std::int32_t> values) {
    add_raw(Dtype::i32, name, shape, values);
  }
  void add(const std::string& name, std::span<const std::size_t> shape,
           std::span<const std::uint8_t> values) {
    add_raw(Dtype::u8, name, shape, values);
  }

  /// Adds floats rounded to the nearest half.
  /// @throws FileError as add(), and if a finite value exceeds the largest half, 65504
  void add_half(const std::string& name, std::span<const std::size_t> shape, std::span<const float> values) {
    std::vector<std::uint16_t> halves;
    halves.reserve(values.size());
    for (const float value : values) {
      halves.push_back(float_to_half(value));
      if (std::isfinite(value) && (halves.back() & 0x7fffU) == 0x7c00U)
        throw FileError(path_, detail::tensor_field(name),
                        "the value " + std::to_string(value) + " does not fit in 16 bits");
    }
    add_raw(Dtype::f16, name, shape, std::span<const std::uint16_t>(halves));
  }

  /// Writes the file and puts it in the place of the one that was there.
  /// @throws FileError if that fails; the file that was there is untouched then
  void save() const {
    const std::string header = header_text();
    const std::uint64_t length = header.size();
    AtomicFile file(path_);
    std::array<std::uint8_t, sizeof(length)> word{};
    std::memcpy(word.data(), &length, sizeof(length));
    file.write(word);
    file.write(std::span(reinterpret_cast<const std::uint8_t*>(header.data()), header.size()));
    for (const Pending& tensor : tensors_) file.write(tensor.bytes);
    file.commit();
  }

 private:
  struct Pending {
    Dtype dtype;
    std::string name;
    std::vector<std::size_t> shape;
    std::vector<std::uint8_t> bytes;
  };

  template <class T>
  void add_raw(Dtype dtype, const std::string& name, std::span<const std::size_t> shape,
               std::span<const T> values) {
    static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");
    std::size_t count = 1;
    for (const std::size_t extent : shape) count *= extent;
    if (count != values.size())
      throw FileError(path_, detail::tensor_field(name),
                      "got " + std::to_string(values.size()) + " values for shape " + shape_text(shape));
    if (name == "__metadata__" || !names_.insert(name).second)
      throw FileError(path_, detail::tensor_field(name), "the name is taken");
    const auto* begin = reinterpret_cast<const std::uint8_t*>(values.data());
    Pending tensor{dtype, name, {shape.begin(), shape.end()}, {begin, begin + values.size_bytes()}};
    // Widest elements first keep every tensor aligned; PyTorch refuses to view what is not.
    const auto place = std::find_if(tensors_.begin(), tensors_.end(), [&](const Pending& other) {
      return size_of(other.dtype) < size_of(dtype);
    });
    tensors_.insert(place, std::move(tensor));
  }

  std::string header_text() const {
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata_.empty()) header["__metadata__"] = metadata_;
    std::uint64_t begin = 0;
    for (const Pending& tensor : tensors_) {
      const std::uint64_t end = begin + tensor.bytes.size();
      header[tensor.name] = {
          {"dtype", name_of(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
      begin = end;
    }
    std::string text;
    try {
      text = header.dump();
    } catch (const nlohmann::json::exception& error) {
      throw FileError(path_, "header", "a name or metadata is not UTF-8: " + std::string(error.what()));
    }
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
  }

  std::filesystem::path path_;
  Metadata metadata_;
  std::set<std::string> names_;
  std::vector<Pending> tensors_;
};

}  // namespace einet::io

#pragma once
// Writes safetensors files (format: https://github.com/huggingface/safetensors) that other readers of the
// format, such as Python's, can open.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/io/file.hpp>
#include <einet/io/half.hpp>
#include <einet/io/safetensors_header.hpp>

#include <algorithm>
#include <array>
#include <bit>
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

/// Gathers tensors in memory; save() writes them to the disk in one step.
class SafetensorsWriter {
 public:
  /// No file is touched before save().
  explicit SafetensorsWriter(std::filesystem::path path) : path_(std::move(path)) {}

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// Text to store with the tensors, UTF-8; replaces the value of `key`.
  void set_metadata(const std::string& key, const std::string& value) { metadata_[key] = value; }
  /// Several at once; a key that is already there keeps its value.
  void set_metadata(const Metadata& metadata) { metadata_.insert(metadata.begin(), metadata.end()); }

  /// Adds a row-major tensor; the values are copied.
  /// @throws FileError if the name is taken or longer than readers accept, or the number of `values` does not
  /// fit `shape`
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
      if (is_finite(value) && (halves.back() & 0x7fffU) == 0x7c00U)
        EINET_THROW(FileError(path_, detail::tensor_field(name),
                              "the value " + einet::detail::number(value) + " does not fit in 16 bits"));
    }
    add_raw(Dtype::f16, name, shape, std::span<const std::uint16_t>(halves));
  }

  /// Adds a tensor as it is stored in another file.
  /// @throws FileError as add()
  void add_stored(const std::string& name, const TensorEntry& entry, std::span<const std::uint8_t> bytes) {
    expect_new(name);
    if (bytes.size() != entry.end - entry.begin)
      EINET_THROW(FileError(path_, detail::tensor_field(name),
                            "got " + std::to_string(bytes.size()) + " bytes for a tensor of " +
                                std::to_string(entry.end - entry.begin)));
    tensors_.push_back({entry.dtype, name, entry.shape, {bytes.begin(), bytes.end()}});
  }

  /// Writes the file and replaces the one that was there.
  /// @throws FileError if that fails (AtomicFile::commit() says which file is then there), or for metadata
  /// beyond what readers accept
  void save() const {
    const std::vector<const Pending*> order = order_on_disk();
    const std::string header = header_text(order);
    const std::uint64_t length = header.size();
    AtomicFile file(path_);
    std::array<std::uint8_t, sizeof(length)> word{};
    std::memcpy(word.data(), &length, sizeof(length));
    file.write(word);
    file.write(std::span(reinterpret_cast<const std::uint8_t*>(header.data()), header.size()));
    for (const Pending* tensor : order) file.write(tensor->bytes);
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
    std::uint64_t count = 1;
    bool fits = shape.size() <= most_dimensions;
    for (const std::size_t extent : shape) fits = fits && detail::multiply(count, extent);
    if (!fits || count != values.size())
      EINET_THROW(
          FileError(path_, detail::tensor_field(name),
                    "got " + std::to_string(values.size()) + " values for shape " + shape_text(shape)));
    expect_new(name);
    const auto* begin = reinterpret_cast<const std::uint8_t*>(values.data());
    tensors_.push_back({dtype, name, {shape.begin(), shape.end()}, {begin, begin + values.size_bytes()}});
  }

  void expect_new(const std::string& name) {
    expect_short(name);
    if (name == "__metadata__" || !names_.insert(name).second)
      EINET_THROW(FileError(path_, detail::tensor_field(name), "the name is taken"));
  }

  void expect_short(const std::string& name) const {
    if (name.size() > longest_tensor_name)
      EINET_THROW(FileError(path_, "header",
                            "the name " + detail::in_quotes(name) + " has more than " +
                                std::to_string(longest_tensor_name) + " bytes"));
  }

  /// Widest elements first keeps every tensor aligned; PyTorch refuses to view unaligned ones.
  std::vector<const Pending*> order_on_disk() const {
    std::vector<const Pending*> order;
    for (const Pending& tensor : tensors_) order.push_back(&tensor);
    std::stable_sort(order.begin(), order.end(), [](const Pending* first, const Pending* second) {
      return size_of(first->dtype) > size_of(second->dtype);
    });
    return order;
  }

  /// Joined piece by piece: nlohmann's ordered object searches all its members for every name.
  std::string header_text(std::span<const Pending* const> order) const {
    using Json = nlohmann::json;
    for (const auto& [key, value] : metadata_) expect_short(key);
    if (metadata_.size() > most_metadata_entries)
      EINET_THROW(FileError(path_, "__metadata__",
                            "has more than " + std::to_string(most_metadata_entries) + " entries"));
    std::string text = "{";
    try {
      if (!metadata_.empty()) text += "\"__metadata__\":" + Json(metadata_).dump();
      std::uint64_t begin = 0;
      for (const Pending* tensor : order) {
        const std::uint64_t end = begin + tensor->bytes.size();
        const Json entry{
            {"dtype", name_of(tensor->dtype)}, {"shape", tensor->shape}, {"data_offsets", {begin, end}}};
        text += (text.size() > 1 ? "," : "") + Json(tensor->name).dump() + ":" + entry.dump();
        begin = end;
      }
    } catch (const Json::exception& error) {
      EINET_THROW(FileError(path_, "header",
                            "a name or metadata is not UTF-8: " + detail::printable(error.what(), 200)));
    }
    text += "}";
    text.resize((text.size() + 7) / 8 * 8, ' ');
    if (text.size() > longest_safetensors_header)
      EINET_THROW(FileError(path_, "header",
                            "its length " + std::to_string(text.size()) + " exceeds the format's limit of " +
                                std::to_string(longest_safetensors_header) + " bytes"));
    return text;
  }

  std::filesystem::path path_;
  Metadata metadata_;
  std::set<std::string> names_;
  std::vector<Pending> tensors_;
};

}  // namespace einet::io

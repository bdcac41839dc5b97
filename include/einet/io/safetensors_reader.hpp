#pragma once
// Reads safetensors files (format: https://github.com/huggingface/safetensors) into one owned buffer.

#include <einet/base/assert.hpp>
#include <einet/io/file.hpp>
#include <einet/io/half.hpp>
#include <einet/io/safetensors_header.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace einet::io {

static_assert(std::endian::native == std::endian::little,
              "safetensors files are little-endian; this machine would have to swap every number");

/// The tensors of one file, checked when the file is opened and converted when they are read.
class SafetensorsFile {
 public:
  /// @throws FileError if the file cannot be read or does not follow the format
  explicit SafetensorsFile(const std::filesystem::path& path) : path_(path) {
    InputFile file(path);
    std::uint64_t length = 0;
    if (file.size() < sizeof(length))
      EINET_THROW(FileError(path, "header",
                            "the file has " + std::to_string(file.size()) + " bytes, expected at least 8"));
    std::array<std::uint8_t, sizeof(length)> word{};
    file.read(word, "header");
    std::memcpy(&length, word.data(), sizeof(length));
    const std::uint64_t behind = file.size() - sizeof(length);
    if (length > longest_safetensors_header)
      EINET_THROW(FileError(path, "header",
                            "its length " + std::to_string(length) + " exceeds the format's limit of " +
                                std::to_string(longest_safetensors_header) +
                                " bytes: not a safetensors file"));
    if (length > behind)
      EINET_THROW(FileError(path, "header",
                            "cut short: its length is " + std::to_string(length) + ", the file has " +
                                std::to_string(behind) + " bytes more"));
    {
      const std::vector<std::uint8_t> header = file.read(length, "header");
      header_ = parse_safetensors_header(
          path, std::string_view(reinterpret_cast<const char*>(header.data()), header.size()),
          behind - length);
    }
    data_ = file.read(behind - length, "data");
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] const Metadata& metadata() const noexcept { return header_.metadata; }
  [[nodiscard]] const std::map<std::string, TensorEntry>& tensors() const noexcept { return header_.tensors; }
  [[nodiscard]] bool contains(const std::string& name) const { return header_.tensors.contains(name); }

  /// A tensor's place, type and shape. @throws FileError if there is none with this name
  [[nodiscard]] const TensorEntry& tensor(const std::string& name) const {
    const auto found = header_.tensors.find(name);
    if (found == header_.tensors.end())
      EINET_THROW(FileError(path_, detail::tensor_field(name), "is missing"));
    return found->second;
  }

  /// The tensor's bytes as they are stored.
  [[nodiscard]] std::span<const std::uint8_t> bytes(const std::string& name) const {
    const TensorEntry& entry = tensor(name);
    return std::span(data_).subspan(static_cast<std::size_t>(entry.begin),
                                    static_cast<std::size_t>(entry.end - entry.begin));
  }

  /// @throws FileError naming both shapes if the tensor is missing or has another shape
  void expect_shape(const std::string& name, std::span<const std::size_t> shape) const {
    const TensorEntry& entry = tensor(name);
    if (!std::equal(shape.begin(), shape.end(), entry.shape.begin(), entry.shape.end()))
      EINET_THROW(FileError(path_, detail::tensor_field(name),
                            "has shape " + shape_text(entry.shape) + ", expected " + shape_text(shape)));
  }

  /// The tensor's elements, row-major. T is float for F32, F16 or BF16; double for these and F64; an integer
  /// type for any integer dtype whose values fit.
  /// @throws FileError if the tensor is missing, its dtype is of another kind or a value does not fit
  template <class T>
  requires((std::integral<T> && !std::same_as<T, bool>) || std::same_as<T, float> || std::same_as<T, double>)
      [[nodiscard]] std::vector<T> read(const std::string& name) const {
    std::vector<T> out;
    const auto stored = bytes(name);
    const Dtype dtype = tensor(name).dtype;
    const auto same = [](T value) { return value; };
    if constexpr (std::floating_point<T>) {
      switch (dtype) {
        case Dtype::f16:
          return convert<std::uint16_t>(stored, out, half_to_float);
        case Dtype::bf16:
          return convert<std::uint16_t>(stored, out, bfloat16_to_float);
        case Dtype::f32:
          return convert<float>(stored, out, same);
        case Dtype::f64:
          if constexpr (std::same_as<T, double>) return convert<double>(stored, out, same);
          break;
        default:
          break;
      }
    } else {
      const auto fitting = [&](auto value) { return fit<T>(name, value); };
      switch (dtype) {
        case Dtype::u8:
          return convert<std::uint8_t>(stored, out, fitting);
        case Dtype::i8:
          return convert<std::int8_t>(stored, out, fitting);
        case Dtype::u16:
          return convert<std::uint16_t>(stored, out, fitting);
        case Dtype::i16:
          return convert<std::int16_t>(stored, out, fitting);
        case Dtype::u32:
          return convert<std::uint32_t>(stored, out, fitting);
        case Dtype::i32:
          return convert<std::int32_t>(stored, out, fitting);
        case Dtype::u64:
          return convert<std::uint64_t>(stored, out, fitting);
        case Dtype::i64:
          return convert<std::int64_t>(stored, out, fitting);
        default:
          break;
      }
    }
    const TensorEntry& entry = tensor(name);
    EINET_THROW(FileError(
        path_, detail::tensor_field(name),
        "has dtype " +
            (entry.other_dtype.empty() ? std::string(name_of(dtype)) : detail::in_quotes(entry.other_dtype)) +
            ", expected " +
            (std::integral<T>         ? "an integer type"
             : std::same_as<T, float> ? "F32, F16 or BF16"
                                      : "F64, F32, F16 or BF16")));
  }

 private:
  template <class Stored, class T, class Convert>
  static std::vector<T> convert(std::span<const std::uint8_t> bytes, std::vector<T>& out, Convert element) {
    out.resize(bytes.size() / sizeof(Stored));
    for (std::size_t i = 0; i < out.size(); ++i) {
      Stored value;
      std::memcpy(&value, bytes.data() + i * sizeof(Stored), sizeof(Stored));
      out[i] = static_cast<T>(element(value));
    }
    return std::move(out);
  }

  template <class T, class Stored>
  T fit(const std::string& name, Stored value) const {
    // std::in_range refuses character types, into which a caller may read bytes.
    using Number = std::conditional_t<std::is_signed_v<T>, std::make_signed_t<T>, std::make_unsigned_t<T>>;
    if (!std::in_range<Number>(value))
      EINET_THROW(FileError(path_, detail::tensor_field(name),
                            "the value " + std::to_string(value) + " is not in [" +
                                std::to_string((std::numeric_limits<Number>::min)()) + ", " +
                                std::to_string((std::numeric_limits<Number>::max)()) + "]"));
    return static_cast<T>(value);
  }

  std::filesystem::path path_;
  SafetensorsHeader header_;
  std::vector<std::uint8_t> data_;
};

/// @throws FileError unless the metadata of `file` has exactly `value` under `key`
inline void expect_metadata(const SafetensorsFile& file, const std::string& key, const std::string& value) {
  const auto found = file.metadata().find(key);
  if (found != file.metadata().end() && found->second == value) return;
  EINET_THROW(FileError(file.path(), detail::metadata_field(key),
                        (found == file.metadata().end() ? std::string("is missing")
                                                        : "is " + detail::in_quotes(found->second)) +
                            ", expected " + detail::in_quotes(value)));
}

}  // namespace einet::io

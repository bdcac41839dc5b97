#pragma once
// Tensors whose values are known when a model is read: weights, and whatever is computed from shapes.

#include <einet/base/assert.hpp>
#include <einet/io/file.hpp>
#include <einet/io/half.hpp>
#include <einet/onnx/model.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace einet::nn::onnx_detail {

using Lengths = std::vector<std::int64_t>;

/// The product of lengths; nothing if one is negative, or it is more than `most`.
[[nodiscard]] inline std::optional<std::size_t> count_of(std::span<const std::int64_t> lengths,
                                                         std::size_t most) {
  bool none = false;
  for (const std::int64_t length : lengths) {
    if (length < 0) return std::nullopt;
    none = none || length == 0;
  }
  if (none) return 0;
  std::size_t count = 1;
  for (const std::int64_t length : lengths) {
    if (static_cast<std::uint64_t>(length) > most / count) return std::nullopt;
    count *= static_cast<std::size_t>(length);
  }
  return count;
}

[[nodiscard]] inline std::string text(std::span<const std::int64_t> lengths) {
  std::string all = "[";
  for (const std::int64_t length : lengths) all += (all.size() > 1 ? ", " : "") + std::to_string(length);
  return all + "]";
}

/// Row by row, as numbers of one of two kinds: every integer type of ONNX, and bool, becomes `whole`; every
/// floating-point type becomes `real`.
struct Constant {
  Lengths lengths;
  bool integer = false;
  std::vector<float> real{};
  std::vector<std::int64_t> whole{};

  [[nodiscard]] std::size_t size() const noexcept { return integer ? whole.size() : real.size(); }
  [[nodiscard]] float number(std::size_t at) const noexcept {
    return integer ? static_cast<float>(whole[at]) : real[at];
  }

  [[nodiscard]] static Constant of(Lengths lengths, std::vector<std::int64_t> values) {
    return {std::move(lengths), true, {}, std::move(values)};
  }
  [[nodiscard]] static Constant of(Lengths lengths, std::vector<float> values) {
    return {std::move(lengths), false, std::move(values), {}};
  }
};

/// Reads the constant that a TensorProto holds, in the file or beside it.
class ConstantReader {
 public:
  explicit ConstantReader(const Model& model) noexcept : model_(model) {}

  /// @param field for messages
  /// @throws io::FileError naming the field: of a type that is no number, or with too few or too many bytes
  [[nodiscard]] Constant read(const ::onnx::TensorProto& tensor, const std::string& field) const {
    Constant constant;
    constant.lengths.assign(tensor.dims().begin(), tensor.dims().end());
    const auto count = count_of(constant.lengths, std::size_t{1} << 40U);
    if (!count) model_.refuse(field, "has the shape " + text(constant.lengths) + ", which makes no sense");
    using Proto = ::onnx::TensorProto;
    if (tensor.data_location() == Proto::EXTERNAL) {
      const std::size_t width = width_of(tensor.data_type());
      if (width == 0) refuse_type(tensor, field);
      const std::vector<std::uint8_t> bytes = external(tensor, *count * width, field);
      unpack(tensor.data_type(), std::span(reinterpret_cast<const char*>(bytes.data()), bytes.size()), *count,
             constant);
      return constant;
    }
    if (tensor.has_raw_data()) {
      const std::size_t width = width_of(tensor.data_type());
      if (width == 0) refuse_type(tensor, field);
      if (tensor.raw_data().size() != *count * width)
        refuse_count(field, tensor.raw_data().size(), *count * width, "bytes");
      unpack(tensor.data_type(), std::span<const char>(tensor.raw_data()), *count, constant);
      return constant;
    }
    switch (tensor.data_type()) {
      case Proto::FLOAT:
        take(tensor.float_data(), *count, field, constant.real);
        break;
      case Proto::DOUBLE:
        take(tensor.double_data(), *count, field, constant.real);
        break;
      case Proto::FLOAT16:
        for (const std::int32_t bits : checked(tensor.int32_data(), *count, field))
          constant.real.push_back(io::half_to_float(static_cast<std::uint16_t>(bits)));
        break;
      case Proto::BFLOAT16:
        for (const std::int32_t bits : checked(tensor.int32_data(), *count, field))
          constant.real.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U));
        break;
      case Proto::INT64:
        constant.integer = true;
        take(tensor.int64_data(), *count, field, constant.whole);
        break;
      case Proto::UINT32:
      case Proto::UINT64:
        constant.integer = true;
        take(tensor.uint64_data(), *count, field, constant.whole);
        break;
      case Proto::INT32:
      case Proto::INT16:
      case Proto::INT8:
      case Proto::UINT16:
      case Proto::UINT8:
      case Proto::BOOL:
        constant.integer = true;
        take(tensor.int32_data(), *count, field, constant.whole);
        break;
      default:
        refuse_type(tensor, field);
    }
    return constant;
  }

 private:
  [[noreturn]] void refuse_type(const ::onnx::TensorProto& tensor, const std::string& field) const {
    model_.refuse(
        field, "is of the element type " + std::to_string(tensor.data_type()) + " of ONNX, expected numbers");
  }
  [[noreturn]] void refuse_count(const std::string& field, std::size_t is, std::size_t expected,
                                 const char* what) const {
    model_.refuse(field, "holds " + std::to_string(is) + " " + what + ", expected " +
                             std::to_string(expected) + " by its shape");
  }

  template <class Values>
  const Values& checked(const Values& values, std::size_t count, const std::string& field) const {
    if (static_cast<std::size_t>(values.size()) != count)
      refuse_count(field, static_cast<std::size_t>(values.size()), count, "numbers");
    return values;
  }
  template <class Values, class T>
  void take(const Values& values, std::size_t count, const std::string& field, std::vector<T>& to) const {
    checked(values, count, field);
    to.reserve(count);
    for (const auto value : values) to.push_back(static_cast<T>(value));
  }

  /// Bytes of an element; 0 for types that are no numbers.
  [[nodiscard]] static std::size_t width_of(std::int32_t type) noexcept {
    using Proto = ::onnx::TensorProto;
    switch (type) {
      case Proto::DOUBLE:
      case Proto::INT64:
      case Proto::UINT64:
        return 8;
      case Proto::FLOAT:
      case Proto::INT32:
      case Proto::UINT32:
        return 4;
      case Proto::FLOAT16:
      case Proto::BFLOAT16:
      case Proto::INT16:
      case Proto::UINT16:
        return 2;
      case Proto::INT8:
      case Proto::UINT8:
      case Proto::BOOL:
        return 1;
      default:
        return 0;
    }
  }

  /// Calls each(value) for every element of little-endian bytes.
  template <class T, class Each>
  static void elements(const char* bytes, std::size_t count, const Each& each) {
    static_assert(std::endian::native == std::endian::little, "ONNX's raw data is little-endian");
    for (std::size_t k = 0; k < count; ++k) {
      T value;
      std::memcpy(&value, bytes + k * sizeof(T), sizeof(T));
      each(value);
    }
  }

  /// @pre the bytes are `count` elements
  static void unpack(std::int32_t type, std::span<const char> bytes, std::size_t count, Constant& to) {
    using Proto = ::onnx::TensorProto;
    const auto real = [&](auto value) { to.real.push_back(static_cast<float>(value)); };
    const auto whole = [&](auto value) { to.whole.push_back(static_cast<std::int64_t>(value)); };
    to.integer =
        type != Proto::FLOAT && type != Proto::DOUBLE && type != Proto::FLOAT16 && type != Proto::BFLOAT16;
    if (to.integer)
      to.whole.reserve(count);
    else
      to.real.reserve(count);
    const char* const from = bytes.data();
    switch (type) {
      case Proto::FLOAT:
        return elements<float>(from, count, real);
      case Proto::DOUBLE:
        return elements<double>(from, count, real);
      case Proto::FLOAT16:
        return elements<std::uint16_t>(from, count,
                                       [&](std::uint16_t bits) { real(io::half_to_float(bits)); });
      case Proto::BFLOAT16:
        return elements<std::uint16_t>(
            from, count, [&](std::uint16_t bits) { real(std::bit_cast<float>(std::uint32_t{bits} << 16U)); });
      case Proto::INT64:
        return elements<std::int64_t>(from, count, whole);
      case Proto::UINT64:
        return elements<std::uint64_t>(from, count, whole);
      case Proto::INT32:
        return elements<std::int32_t>(from, count, whole);
      case Proto::UINT32:
        return elements<std::uint32_t>(from, count, whole);
      case Proto::INT16:
        return elements<std::int16_t>(from, count, whole);
      case Proto::UINT16:
        return elements<std::uint16_t>(from, count, whole);
      case Proto::INT8:
        return elements<std::int8_t>(from, count, whole);
      default:
        return elements<std::uint8_t>(from, count, whole);
    }
  }

  /// The bytes of a tensor in another file, which must lie in the model's folder or below.
  [[nodiscard]] std::vector<std::uint8_t> external(const ::onnx::TensorProto& tensor, std::size_t bytes,
                                                   const std::string& field) const {
    std::string location;
    std::uint64_t offset = 0, length = bytes;
    for (const ::onnx::StringStringEntryProto& entry : tensor.external_data()) {
      if (entry.key() == "location") location = entry.value();
      if (entry.key() == "offset") offset = number(entry.value(), field);
      if (entry.key() == "length") length = number(entry.value(), field);
    }
    if (length != bytes)
      refuse_count(field, static_cast<std::size_t>(length), bytes, "bytes outside the file");
    const std::filesystem::path relative(location);
    std::error_code error;
    const std::filesystem::path given = model_.path().parent_path();
    const std::filesystem::path folder = std::filesystem::canonical(given.empty() ? "." : given, error);
    const std::filesystem::path target = std::filesystem::weakly_canonical(folder / relative, error);
    const auto [end, at] = std::mismatch(folder.begin(), folder.end(), target.begin(), target.end());
    if (location.empty() || relative.is_absolute() || end != folder.end() || at == target.end())
      model_.refuse(field, "has its data in '" + location + "', expected a file in the model's folder");
    const io::InputFile check(target);
    if (offset > check.size() || length > check.size() - offset)
      model_.refuse(field, "has its data at bytes " + std::to_string(offset) + " to " +
                               std::to_string(offset + length) + " of '" + location + "', which has " +
                               std::to_string(check.size()));
    std::vector<std::uint8_t> read(bytes);
    std::ifstream stream(target, std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(offset));
    stream.read(reinterpret_cast<char*>(read.data()), static_cast<std::streamsize>(bytes));
    if (static_cast<std::size_t>(stream.gcount()) != bytes)
      model_.refuse(field, "cannot be read from '" + location + "'");
    return read;
  }

  [[nodiscard]] std::uint64_t number(const std::string& digits, const std::string& field) const {
    std::uint64_t value = 0;
    for (const char digit : digits) {
      if (digit < '0' || digit > '9' || value > (std::uint64_t{1} << 56U))
        model_.refuse(field, "has the offset or length '" + digits + "', expected a number");
      value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    return value;
  }

  const Model& model_;
};

}  // namespace einet::nn::onnx_detail

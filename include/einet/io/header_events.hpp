#pragma once
// Takes the header of a safetensors file from a JSON parser, one event at a time. Each event is checked at
// once, so that time and memory are bounded by the bytes of the header, whatever they say.

#include <einet/base/assert.hpp>
#include <einet/io/file_error.hpp>
#include <einet/io/tensor_entry.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace einet::io::detail {

/// Turns the events of nlohmann's sax_parse into a SafetensorsHeader. It does not compare offsets with shapes
/// or with one another.
/// @throws FileError naming the tensor and the rule that it breaks, from any of the events
class HeaderEvents {
 public:
  explicit HeaderEvents(const std::filesystem::path& file) : file_(file) {}

  [[nodiscard]] SafetensorsHeader take() && { return std::move(header_); }

  bool key(std::string& name) {
    if (place_ == Place::ignored) return true;
    if (name.size() > longest_tensor_name)
      refuse("header", "the name " + in_quotes(name) + " has more than " +
                           std::to_string(longest_tensor_name) + " bytes");
    if (place_ == Place::root) {
      const bool metadata = name == "__metadata__";
      if (metadata ? std::exchange(has_metadata_, true) : header_.tensors.contains(name)) refuse_twice(name);
      name_ = name;
    } else if (place_ == Place::metadata) {
      if (header_.metadata.contains(name)) refuse_twice(name);
      if (header_.metadata.size() == most_metadata_entries)
        refuse("__metadata__", "has more than " + std::to_string(most_metadata_entries) + " entries");
      key_ = name;
    } else {
      member_ = name == "dtype"          ? Member::dtype
                : name == "shape"        ? Member::shape
                : name == "data_offsets" ? Member::offsets
                                         : Member::unknown;
      if (member_ != Member::unknown && std::exchange(seen_[index()], true)) refuse_twice(name);
    }
    return true;
  }

  bool string(std::string& text) {
    if (place_ == Place::metadata) {
      header_.metadata.emplace(std::move(key_), std::move(text));
      return true;
    }
    if (place_ != Place::entry || member_ != Member::dtype) return scalar();
    entry_.dtype = dtype_of(text);
    if (entry_.dtype != Dtype::other) return true;
    if (text.size() > 64) refuse(tensor_field(name_), "has the unknown dtype " + in_quotes(text));
    entry_.other_dtype = std::move(text);
    return true;
  }

  bool number_unsigned(std::uint64_t number) {
    if (place_ != Place::list) return scalar();
    if (numbers_.size() == most_dimensions)
      refuse(tensor_field(name_),
             name_of_member() + " has more than " + std::to_string(most_dimensions) + " numbers");
    numbers_.push_back(number);
    return true;
  }
  bool number_integer(std::int64_t) { return scalar(); }
  bool number_float(double, const std::string&) { return scalar(); }
  bool boolean(bool) { return scalar(); }
  bool null() { return scalar(); }
  bool binary(std::vector<std::uint8_t>&) { return scalar(); }

  bool start_object(std::size_t) {
    switch (place_) {
      case Place::outside:
        place_ = Place::root;
        return true;
      case Place::root:
        place_ = name_ == "__metadata__" ? Place::metadata : Place::entry;
        entry_ = {};
        seen_ = {};
        return true;
      default:
        return container();
    }
  }
  bool end_object() {
    switch (place_) {
      case Place::ignored:
        place_ = Place::entry;
        return true;
      case Place::entry:
        for (const Member member : {Member::dtype, Member::shape, Member::offsets})
          if (member_ = member; !seen_[index()])
            refuse(tensor_field(name_), name_of_member() + " is missing");
        header_.tensors.emplace(std::move(name_), std::move(entry_));
        place_ = Place::root;
        return true;
      default:
        place_ = place_ == Place::metadata ? Place::root : Place::outside;
        return true;
    }
  }

  bool start_array(std::size_t) {
    if (place_ != Place::entry || (member_ != Member::shape && member_ != Member::offsets))
      return container();
    place_ = Place::list;
    numbers_.clear();
    return true;
  }
  bool end_array() {
    if (place_ == Place::list) member_ == Member::shape ? take_shape() : take_offsets();
    place_ = Place::entry;
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) {
    refuse("header", "is not valid JSON: " + printable(error.what(), 200));
  }

 private:
  /// Where the next event belongs.
  enum class Place { outside, root, metadata, entry, list, ignored };
  enum class Member { dtype, shape, offsets, unknown };

  [[noreturn]] void refuse(const std::string& field, const std::string& complaint) const {
    EINET_THROW(FileError(file_, field, complaint));
  }
  [[noreturn]] void refuse_twice(const std::string& name) const {
    refuse("header", "the name " + in_quotes(name) + " is there twice");
  }

  [[nodiscard]] std::size_t index() const noexcept { return static_cast<std::size_t>(member_); }
  [[nodiscard]] std::string name_of_member() const {
    return member_ == Member::dtype ? "dtype" : member_ == Member::shape ? "shape" : "data_offsets";
  }

  /// Only a member that the format does not know may hold any value.
  bool scalar() const {
    if (place_ != Place::ignored && (place_ != Place::entry || member_ != Member::unknown)) refuse_value();
    return true;
  }
  bool container() {
    if (place_ == Place::ignored) refuse("header", "is nested deeper than the format allows");
    if (place_ != Place::entry || member_ != Member::unknown) refuse_value();
    place_ = Place::ignored;
    return true;
  }

  [[noreturn]] void refuse_value() const {
    if (place_ == Place::root && name_ == "__metadata__") refuse("__metadata__", "is not an object");
    if (place_ == Place::root) refuse(tensor_field(name_), "its header entry is not an object");
    if (place_ == Place::metadata) refuse("__metadata__", in_quotes(key_) + " is not a string");
    if (place_ == Place::outside) refuse("header", "is not an object");
    refuse(tensor_field(name_),
           name_of_member() + (member_ == Member::dtype ? " is not a string"
                                                        : " is not a list of whole numbers >= 0 below 2^64"));
  }

  void take_shape() {
    for (const std::uint64_t extent : numbers_) {
      if (extent > (std::numeric_limits<std::size_t>::max)())
        refuse(tensor_field(name_), "its shape does not fit this machine");
      entry_.shape.push_back(static_cast<std::size_t>(extent));
    }
  }
  void take_offsets() {
    if (numbers_.size() != 2) refuse(tensor_field(name_), "data_offsets are not two numbers");
    entry_.begin = numbers_[0];
    entry_.end = numbers_[1];
  }

  const std::filesystem::path& file_;
  SafetensorsHeader header_;
  Place place_ = Place::outside;
  Member member_ = Member::unknown;
  std::string name_;  ///< of the tensor whose entry is being read
  std::string key_;   ///< of the metadata whose value comes next
  TensorEntry entry_;
  std::array<bool, 3> seen_{};  ///< members of entry_
  std::vector<std::uint64_t> numbers_;
  bool has_metadata_ = false;
};

}  // namespace einet::io::detail

#pragma once
// Saves and loads anything that can show its float tensors by name: the weights of a network, the parameters
// of a predictor.

#include <einet/base/assert.hpp>
#include <einet/base/floating.hpp>
#include <einet/io/safetensors.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace einet::io {

namespace detail {

template <class Value>
struct TensorVisitor {
  void operator()(const std::string&, std::span<const std::size_t>, std::span<Value>) const {}
};

}  // namespace detail

/// A function that calls
/// `f(const std::string& name, std::span<const std::size_t> shape, std::span<float> values)` once for every
/// tensor it has, in any order that never changes. For saving alone, the values may be
/// `std::span<const float>`.
template <class Visit>
concept TensorVisit = std::invocable<Visit&, detail::TensorVisitor<const float>> ||
    std::invocable<Visit&, detail::TensorVisitor<float>>;

/// Adds every tensor that `visit` shows.
/// @throws FileError if a name comes twice, a shape does not fit its values, or a value is not finite (so
/// that a training run that diverged cannot replace good weights)
template <TensorVisit Visit>
void add_tensors(SafetensorsWriter& writer, Visit&& visit, Precision precision) {
  visit([&](const std::string& name, std::span<const std::size_t> shape, std::span<const float> values) {
    const auto bad = std::find_if_not(values.begin(), values.end(), is_finite<float>);
    if (bad != values.end())
      EINET_THROW(FileError(writer.path(), detail::tensor_field(name),
                            "element " + std::to_string(bad - values.begin()) + " is not finite"));
    precision == Precision::f16 ? writer.add_half(name, shape, values) : writer.add(name, shape, values);
  });
}

/// Fills every tensor that `visit` shows, or none if any of them cannot be filled: the file must hold exactly
/// these names, with these shapes and finite values. It may also hold PyTorch's num_batches_tracked.
/// @throws FileError naming the tensor
template <class Visit>
requires std::invocable<Visit&, detail::TensorVisitor<float>>
void read_tensors(const SafetensorsFile& file, Visit&& visit) {
  std::set<std::string> left;
  for (const auto& [name, entry] : file.tensors()) left.insert(name);
  std::vector<std::vector<float>> staged;
  visit([&](const std::string& name, std::span<const std::size_t> shape, std::span<float> values) {
    file.expect_shape(name, shape);
    if (left.erase(name) == 0)
      EINET_THROW(
          FileError(file.path(), detail::tensor_field(name), "is asked for twice under the same name"));
    staged.push_back(file.read<float>(name));
    const auto& read = staged.back();
    if (read.size() != values.size())
      EINET_THROW(FileError(
          file.path(), detail::tensor_field(name),
          "has " + std::to_string(read.size()) + " values for a place of " + std::to_string(values.size())));
    const auto bad = std::find_if_not(read.begin(), read.end(), is_finite<float>);
    if (bad != read.end())
      EINET_THROW(FileError(file.path(), detail::tensor_field(name),
                            "element " + std::to_string(bad - read.begin()) + " is not finite"));
  });
  // A count that PyTorch's batch norm keeps for training; einet does not use it.
  std::erase_if(left, [](const std::string& name) {
    return name == "num_batches_tracked" || name.ends_with(".num_batches_tracked");
  });
  if (!left.empty())
    EINET_THROW(FileError(file.path(), detail::tensor_field(*left.begin()),
                          "does not belong to what is being loaded"));
  std::size_t next = 0;
  visit([&](const std::string&, std::span<const std::size_t>, std::span<float> values) {
    std::copy(staged[next].begin(), staged[next].end(), values.begin());
    ++next;
  });
}

}  // namespace einet::io

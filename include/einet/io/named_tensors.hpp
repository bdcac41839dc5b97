#pragma once
// Saves and loads anything that can show its float tensors by name: the weights of a network, the parameters
// of a predictor.

#include <einet/base/assert.hpp>
#include <einet/base/floating.hpp>
#include <einet/io/safetensors.hpp>
#include <einet/io/tensor_map.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <utility>
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

namespace detail {

/// What a parameter is called and measures. Networks that show theirs as objects are asked for no values,
/// which would take memory.
template <class See>
struct ShapeVisitor {
  See see;

  void operator()(const std::string& name, std::span<const std::size_t> shape, std::span<float> values) {
    see(name, shape, values.size());
  }
  template <class Parameter>
  requires requires(const Parameter& parameter) {
    { parameter.name } -> std::convertible_to<const std::string&>;
    { parameter.weights->shape() } -> std::convertible_to<std::span<const std::size_t>>;
    { parameter.weights->size() } -> std::convertible_to<std::size_t>;
  }
  void operator()(const Parameter& parameter) {
    see(parameter.name, parameter.weights->shape(), parameter.weights->size());
  }
};

/// Compares the names and shapes of a file with those that are asked for.
class TensorMatch {
 public:
  TensorMatch(const SafetensorsFile& file, const TensorMap& map) : file_(file), map_(map) {
    for (const auto& [name, entry] : file.tensors()) left_.insert(name);
  }

  void parameter(const std::string& name, std::span<const std::size_t> shape, std::size_t size) {
    const std::string source = map_.source(name);
    if (source.empty()) {
      untouched_.parameters.push_back(name);
      return;
    }
    // A tensor of another name is told with the name of the parameter that asks for it.
    const std::string whose = source == name ? "" : " (for " + in_quotes(name) + ")";
    if (!asked_.insert(source).second) {
      fault(source, "is asked for twice under the same name" + whose);
    } else if (compare(source, whose, shape)) {
      const std::size_t values =
          std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>{});
      if (values != size)
        fault(source, "has " + std::to_string(values) + " values for a place of " + std::to_string(size));
    }
    const std::string subtrahend = map_.subtrahend(name);
    if (!subtrahend.empty()) compare(subtrahend, " (for " + in_quotes(name) + ")", shape);
  }

  /// Throws if anything does not fit.
  [[nodiscard]] Untouched finish() {
    // A count that PyTorch's batch norm keeps for training; einet does not use it.
    std::erase_if(left_, [](const std::string& name) {
      return name == "num_batches_tracked" || name.ends_with(".num_batches_tracked");
    });
    // A file can hold far more strange names than a network asks for.
    constexpr std::size_t most_left_over = 20;
    std::size_t left_over = 0;
    for (const std::string& name : left_) {
      if (map_.may_be_unused(name)) {
        untouched_.tensors.push_back(name);
      } else if (++left_over <= most_left_over) {
        fault(name, "does not belong to what is being loaded");
      }
    }
    if (!faults_.empty())
      EINET_THROW(FileError(file_.path(), faults_, left_over - (std::min)(left_over, most_left_over)));
    return std::move(untouched_);
  }

 private:
  void fault(const std::string& tensor, std::string complaint) {
    faults_.push_back({tensor_field(tensor), std::move(complaint)});
  }

  bool compare(const std::string& name, const std::string& whose, std::span<const std::size_t> shape) {
    left_.erase(name);
    if (!file_.contains(name)) {
      fault(name, "is missing" + whose);
      return false;
    }
    const std::vector<std::size_t>& stored = file_.tensor(name).shape;
    if (std::equal(shape.begin(), shape.end(), stored.begin(), stored.end())) return true;
    fault(name, "has shape " + shape_text(stored) + ", expected " + shape_text(shape) + whose);
    return false;
  }

  const SafetensorsFile& file_;
  const TensorMap& map_;
  std::set<std::string> left_, asked_;
  std::vector<FileFault> faults_;
  Untouched untouched_;
};

/// A tensor's values. @throws FileError if they are not floats or not finite
[[nodiscard]] inline std::vector<float> finite_values(const SafetensorsFile& file, const std::string& name) {
  std::vector<float> values = file.read<float>(name);
  const auto bad = std::find_if_not(values.begin(), values.end(), is_finite<float>);
  if (bad != values.end())
    EINET_THROW(FileError(file.path(), tensor_field(name),
                          "element " + std::to_string(bad - values.begin()) + " is not finite"));
  return values;
}

}  // namespace detail

/// Fills every tensor that `visit` shows as `map` says, or none if any of them cannot be filled: the file
/// must hold exactly these names, with these shapes and finite values. It may also hold PyTorch's
/// num_batches_tracked.
/// @throws FileError listing every name that is missing, has another shape or is left over; naming the
/// first tensor of another type, or that is not finite
template <class Visit>
requires std::invocable<Visit&, detail::TensorVisitor<float>> Untouched
read_tensors(const SafetensorsFile& file, Visit&& visit, const TensorMap& map = {}) {
  detail::TensorMatch match(file, map);
  const auto see = [&](const std::string& name, std::span<const std::size_t> shape, std::size_t size) {
    match.parameter(name, shape, size);
  };
  visit(detail::ShapeVisitor<decltype(see)>{see});
  Untouched untouched = match.finish();

  std::vector<std::vector<float>> staged;
  const auto each_filled = [&](const auto& fill) {
    visit([&](const std::string& name, std::span<const std::size_t>, std::span<float> values) {
      const std::string source = map.source(name);
      if (!source.empty()) fill(name, source, values);
    });
  };
  each_filled([&](const std::string& name, const std::string& source, std::span<float>) {
    staged.push_back(detail::finite_values(file, source));
    const std::string subtrahend = map.subtrahend(name);
    if (subtrahend.empty()) return;
    const std::vector<float> less = detail::finite_values(file, subtrahend);
    std::transform(staged.back().begin(), staged.back().end(), less.begin(), staged.back().begin(),
                   std::minus<>{});
  });
  std::size_t next = 0;
  each_filled([&](const std::string&, const std::string&, std::span<float> values) {
    std::copy(staged[next].begin(), staged[next].end(), values.begin());
    ++next;
  });
  return untouched;
}

}  // namespace einet::io

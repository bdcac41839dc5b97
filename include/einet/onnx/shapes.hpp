#pragma once
// What operators say about shapes, which is the same whether they are applied to constants or to maps: axes,
// lengths, slices, orders.

#include <einet/onnx/constant.hpp>
#include <einet/onnx/node.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace einet::nn::onnx_detail {

/// `axis` counted from the front. Refuses one that is not there.
[[nodiscard]] inline std::size_t axis_of(const Node& node, std::int64_t axis, std::size_t rank) {
  const auto all = static_cast<std::int64_t>(rank);
  if (axis < -all || axis >= all)
    node.refuse("axis is " + std::to_string(axis) + ", expected one of " + std::to_string(rank) +
                " dimensions");
  return static_cast<std::size_t>(axis < 0 ? axis + all : axis);
}

/// `index` into `count` values counted from the front. Refuses one that is not there.
[[nodiscard]] inline std::size_t index_of(const Node& node, std::int64_t index, std::size_t count) {
  const auto all = static_cast<std::int64_t>(count);
  if (index < -all || index >= all)
    node.refuse("takes value " + std::to_string(index) + " of " + std::to_string(count));
  return static_cast<std::size_t>(index < 0 ? index + all : index);
}

/// The lengths that Reshape makes of `size` values: 0 copies a length, -1 is what is left.
[[nodiscard]] inline Lengths reshaped_lengths(const Node& node, std::span<const std::int64_t> wanted,
                                              std::span<const std::int64_t> before, std::size_t size) {
  Lengths lengths(wanted.begin(), wanted.end());
  std::size_t open = lengths.size();
  Lengths known;
  for (std::size_t d = 0; d < lengths.size(); ++d) {
    if (lengths[d] == 0 && d < before.size() && node.integer("allowzero", 0) == 0) lengths[d] = before[d];
    if (lengths[d] == -1 && open == lengths.size())
      open = d;
    else
      known.push_back(lengths[d]);
  }
  const auto count = count_of(known, size);
  if (count && *count > 0 && open < lengths.size() && size % *count == 0)
    lengths[open] = static_cast<std::int64_t>(size / *count);
  const auto all = count_of(lengths, size);
  if (!all || *all != size)
    node.refuse("reshapes " + text(before) + " to " + text(wanted) + ", which has not as many values");
  return lengths;
}

/// What Slice takes of one dimension: `count` from `first` on, `step` apart, which may lead backwards.
struct Stretch {
  std::size_t axis, first, count;
  std::ptrdiff_t step;
};

/// The stretches that a Slice names.
[[nodiscard]] inline std::vector<Stretch> stretches_of(const Node& node,
                                                       std::span<const std::int64_t> lengths,
                                                       std::span<const Constant* const> inputs) {
  for (std::size_t i = 1; i < inputs.size(); ++i)
    if (inputs[i] != nullptr && !inputs[i]->integer) node.refuse("has bounds that are no integers");
  if (inputs.size() < 3 || inputs[1] == nullptr || inputs[2] == nullptr)
    node.refuse("has no constant starts and ends");
  const std::vector<std::int64_t>&starts = inputs[1]->whole, &ends = inputs[2]->whole;
  std::vector<Stretch> all;
  for (std::size_t k = 0; k < starts.size(); ++k) {
    const auto given = [&](std::size_t i, std::int64_t otherwise) {
      if (i >= inputs.size() || inputs[i] == nullptr) return otherwise;
      if (k >= inputs[i]->whole.size()) node.refuse("has not as many axes or steps as starts");
      return inputs[i]->whole[k];
    };
    if (k >= ends.size()) node.refuse("has not as many ends as starts");
    const std::size_t axis = axis_of(node, given(3, static_cast<std::int64_t>(k)), lengths.size());
    if (std::any_of(all.begin(), all.end(), [&](const Stretch& other) { return other.axis == axis; }))
      node.refuse("slices axis " + std::to_string(axis) + " twice");
    const std::int64_t length = lengths[axis], step = (std::max)(given(4, 1), -length - 1);
    if (step == 0) node.refuse("has the step 0");
    // Bounds may lie before the first or beyond the last, going forwards; and going backwards.
    const std::int64_t least = step > 0 ? 0 : -1, most = step > 0 ? length : length - 1;
    const auto bound = [&](std::int64_t at) {
      if (at < 0) at = (std::max)(at, -length - 1) + length;
      return (std::clamp)(at, least, most);
    };
    const std::int64_t first = (std::max)(bound(starts[k]), std::int64_t{0}), end = bound(ends[k]);
    const std::int64_t way = length == 0 ? 0 : step > 0 ? end - first : first - end;
    const std::int64_t count = way > 0 ? (way - 1) / (step > 0 ? step : -step) + 1 : 0;
    all.push_back({axis, static_cast<std::size_t>(first), static_cast<std::size_t>(count), step});
  }
  return all;
}

/// The axes that Squeeze, Unsqueeze and reductions name: an attribute in older opsets, an input in newer
/// ones.
[[nodiscard]] inline Lengths axes_of(const Node& node, const Constant* input) {
  if (input == nullptr) return node.integers("axes");
  if (!input->integer) node.refuse("has axes that are no integers");
  return input->whole;
}

/// The lengths without (Squeeze) or with (Unsqueeze) dimensions of length 1.
[[nodiscard]] inline Lengths squeezed_lengths(const Node& node, const Lengths& before,
                                              const Constant* input) {
  const Lengths axes = axes_of(node, input);
  std::vector<bool> gone(before.size(), false);
  for (const std::int64_t axis : axes) gone[axis_of(node, axis, before.size())] = true;
  Lengths after;
  for (std::size_t d = 0; d < before.size(); ++d) {
    const bool drop = axes.empty() ? before[d] == 1 : static_cast<bool>(gone[d]);
    if (drop && before[d] != 1)
      node.refuse("squeezes dimension " + std::to_string(d) + " of " + text(before) + ", which is not 1");
    if (!drop) after.push_back(before[d]);
  }
  return after;
}
[[nodiscard]] inline Lengths unsqueezed_lengths(const Node& node, const Lengths& before,
                                                const Constant* input) {
  const Lengths axes = axes_of(node, input);
  const std::size_t rank = before.size() + axes.size();
  if (rank > 16) node.refuse("makes " + std::to_string(rank) + " dimensions, expected at most 16");
  std::vector<bool> fresh(rank, false);
  for (const std::int64_t axis : axes) {
    const std::size_t at = axis_of(node, axis, rank);
    if (fresh[at]) node.refuse("names axis " + std::to_string(axis) + " twice");
    fresh[at] = true;
  }
  Lengths after;
  std::size_t from = 0;
  for (std::size_t d = 0; d < rank; ++d) after.push_back(fresh[d] ? 1 : before[from++]);
  return after;
}

/// The order of Transpose; by default all dimensions turned round.
[[nodiscard]] inline Lengths order_of(const Node& node, std::size_t rank) {
  Lengths order = node.integers("perm");
  if (node.attribute("perm") == nullptr)
    for (std::size_t d = rank; d-- > 0;) order.push_back(static_cast<std::int64_t>(d));
  std::vector<bool> seen(rank, false);
  bool sound = order.size() == rank;
  for (const std::int64_t d : order) {
    sound = sound && d >= 0 && d < static_cast<std::int64_t>(rank) && !seen[static_cast<std::size_t>(d)];
    if (sound) seen[static_cast<std::size_t>(d)] = true;
  }
  if (!sound)
    node.refuse("perm is " + text(order) + ", expected an order of " + std::to_string(rank) + " dimensions");
  return order;
}

}  // namespace einet::nn::onnx_detail

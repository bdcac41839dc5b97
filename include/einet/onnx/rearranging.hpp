#pragma once
// Operators that compute nothing: they join tensors, take them apart, or look at them in another shape.

#include <einet/base/aligned.hpp>
#include <einet/nn/layers/tokens.hpp>
#include <einet/nn/layers/wiring.hpp>
#include <einet/onnx/folding.hpp>
#include <einet/onnx/node.hpp>
#include <einet/onnx/numbers.hpp>
#include <einet/onnx/shapes.hpp>
#include <einet/onnx/values.hpp>
#include <einet/onnx/view.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace einet::nn::onnx_detail {

/// The constant [1, channels, height, width] as a map with as many pixels as `beside`; nothing if it is none.
inline std::optional<Map> fixed_image(Values& values, const Node& node, const Constant& constant,
                                      const Map& beside) {
  const Shape pixels = beside.shape();
  const Lengths& lengths = constant.lengths;
  if (lengths.size() != 4 || lengths[1] < 1 ||
      lengths != Lengths{1, lengths[1], static_cast<std::int64_t>(pixels.height),
                         static_cast<std::int64_t>(pixels.width)})
    return std::nullopt;
  const Shape shape{pixels.height, pixels.width, static_cast<std::size_t>(lengths[1])};
  values.spend(node, constant.size());
  AlignedVector<float> turned;
  turned.reserve(constant.size());
  for (std::size_t pixel = 0; pixel < shape.pixels(); ++pixel)
    for (std::size_t c = 0; c < shape.channels; ++c)
      turned.push_back(constant.number(c * shape.pixels() + pixel));
  return values.fixed(node, beside, shape, std::move(turned));
}

/// A class token before the pixels.
inline void read_class_token(Values& values, const Node& node, std::size_t axis, const View& given) {
  const Shared token = values.constant(node, std::size_t{0});
  if (!token || node.inputs() != 2 || given.rank() != 3 || axis != 1 ||
      token->lengths != Lengths{1, 1, given.length(2)})
    node.refuse(
        "joins maps and constants, which is known of channels and of one token before the pixels only");
  const View x = values.with_channels_last(node, given);
  const Map y = values.made(node, class_token(x.map));
  values.fill(y, "weight", real(*token));
  values.give(node, node.output(), View::rows(y, Lengths{1, x.length(1) + 1, x.length(2)}));
}

inline void read_concat(Values& values, const Node& node) {
  std::vector<View> views;
  std::size_t rank = 0;
  for (std::size_t i = 0; i < node.inputs(); ++i)
    if (!values.constant(node, i)) {
      views.push_back(values.view(node, i));
      rank = views.back().rank();
    }
  const std::size_t axis = axis_of(node, node.integer("axis", 0), rank);
  const bool image = rank == 4 && axis == 1;
  if (views.size() < node.inputs()) {
    if (!image) return read_class_token(values, node, axis, views[0]);
    const Map beside = values.image(node, views[0]);
    views[0] = View::image(beside);
    for (std::size_t i = 0; i < node.inputs(); ++i) {
      const Shared constant = values.constant(node, i);
      if (!constant) continue;
      const auto map = fixed_image(values, node, *constant, beside);
      if (!map) node.refuse("joins " + text(views[0].lengths()) + " and " + text(constant->lengths));
      views.insert(views.begin() + static_cast<std::ptrdiff_t>(i), View::image(*map));
    }
  }
  std::vector<Map> maps;
  Lengths lengths = views[0].lengths();
  lengths[axis] = 0;
  const Lengths rest = lengths;  // what all have in common
  if (!image && axis + 1 != rank)
    node.refuse("joins along axis " + std::to_string(axis) + " of " + text(views[0].lengths()) +
                ", expected the channels");
  for (const View& view : views) {
    Lengths other = view.lengths();
    if (other.size() != rank) node.refuse("joins maps of different ranks");
    lengths[axis] += std::exchange(other[axis], 0);
    if (other != rest) node.refuse("joins " + text(views[0].lengths()) + " and " + text(view.lengths()));
    maps.push_back(image ? values.image(node, view) : values.rows(node, view).map);
  }
  const Map y = maps.size() == 1 ? maps[0] : values.made(node, concat(maps));
  values.give(node, node.output(), image ? View::image(y) : View::rows(y, lengths));
}

inline void read_shape_of(Values& values, const Node& node) {
  const Lengths lengths = values.view(node, 0).lengths();
  values.give(node, node.output(), Folding(node, {}).shape(lengths));
}

/// Gives the view with other lengths, by moving values if need be.
inline void give_reshaped(Values& values, const Node& node, const View& x, const Lengths& lengths) {
  if (const auto reshaped = x.reshaped(lengths)) return values.give(node, node.output(), *reshaped);
  values.give(node, node.output(), View::rows(values.rows(node, x).map, lengths));
}

inline void read_reshape(Values& values, const Node& node) {
  const View x = values.view(node, 0);
  const Shared shape = values.weights(node, 1);
  if (!shape->integer) node.refuse("has a shape that is no integers");
  Lengths wanted = shape->whole;
  const Lengths before = x.lengths();
  give_reshaped(values, node, x, reshaped_lengths(node, wanted, before, x.size()));
}
inline void read_flatten(Values& values, const Node& node) {
  const View x = values.view(node, 0);
  const std::int64_t given = node.integer("axis", 1);
  const std::size_t axis =
      given == static_cast<std::int64_t>(x.rank()) ? x.rank() : axis_of(node, given, x.rank());
  Lengths lengths{1, 1};
  for (std::size_t d = 0; d < x.rank(); ++d) lengths[d < axis ? 0 : 1] *= x.length(d);
  give_reshaped(values, node, x, lengths);
}
inline void read_squeeze(Values& values, const Node& node) {
  const View x = values.view(node, 0);
  const Shared axes = values.constant(node, 1);
  give_reshaped(values, node, x,
                node.operation() == "Squeeze" ? squeezed_lengths(node, x.lengths(), axes.get())
                                              : unsqueezed_lengths(node, x.lengths(), axes.get()));
}
inline void read_transpose(Values& values, const Node& node) {
  const View x = values.view(node, 0);
  values.give(node, node.output(), x.transposed(order_of(node, x.rank())));
}

/// Some of a dimension, by moving values if need be.
inline View sliced(Values& values, const Node& node, const View& x, const Stretch& stretch) {
  if (stretch.count == 0) node.refuse("takes nothing of " + text(x.lengths()));
  if (stretch.step < 1)
    node.refuse("takes every " + std::to_string(stretch.step) + "th of a map, expected a step above 0");
  const auto take = [&](const View& from) {
    return from.slice(stretch.axis, stretch.first, stretch.count, static_cast<std::size_t>(stretch.step));
  };
  if (const auto view = take(x)) return *view;
  return *take(values.rows(node, x));
}
inline void read_slice(Values& values, const Node& node) {
  View x = values.view(node, 0);
  std::vector<Shared> held{nullptr};
  std::vector<const Constant*> inputs{nullptr};
  for (std::size_t i = 1; i < node.inputs(); ++i) {
    held.push_back(node.has(i) ? values.weights(node, i) : nullptr);
    inputs.push_back(held.back().get());
  }
  for (const Stretch& stretch : stretches_of(node, x.lengths(), inputs)) x = sliced(values, node, x, stretch);
  values.give(node, node.output(), x);
}
inline void read_split(Values& values, const Node& node) {
  const View x = values.view(node, 0);
  const std::size_t axis = axis_of(node, node.integer("axis", 0), x.rank());
  const Shared input = values.constant(node, 1);
  Lengths parts = input && input->integer ? input->whole : node.integers("split");
  if (parts.empty()) {
    const auto count = static_cast<std::int64_t>(node.outputs());
    const std::int64_t each = (x.length(axis) + count - 1) / count;
    for (std::int64_t left = x.length(axis); left > 0; left -= each) parts.push_back((std::min)(each, left));
  }
  std::size_t first = 0;
  if (parts.size() != node.outputs())
    node.refuse("makes " + std::to_string(node.outputs()) + " parts of " + text(parts));
  for (std::size_t k = 0; k < parts.size(); ++k) {
    const std::size_t count = positive(node, "split", parts[k], 1);
    if (first + count > static_cast<std::size_t>(x.length(axis)))
      node.refuse("splits " + text(x.lengths()) + " into " + text(parts));
    if (!node.output(k).empty())
      values.give(node, node.output(k), sliced(values, node, x, {axis, first, count, 1}));
    first += count;
  }
}
/// One value of a dimension, which is gone then.
inline void read_gather(Values& values, const Node& node) {
  const View x = values.view(node, 0);
  const Shared index = values.weights(node, 1);
  const std::size_t axis = axis_of(node, node.integer("axis", 0), x.rank());
  if (!index->integer || index->size() != 1)
    node.refuse("takes " + std::to_string(index->size()) + " of a dimension, expected one");
  const std::size_t at = index_of(node, index->whole[0], static_cast<std::size_t>(x.length(axis)));
  View y = sliced(values, node, x, {axis, at, 1, 1});
  Lengths lengths = y.lengths();
  lengths.erase(lengths.begin() + static_cast<std::ptrdiff_t>(axis));
  lengths.insert(lengths.begin() + static_cast<std::ptrdiff_t>(axis), index->lengths.begin(),
                 index->lengths.end());
  give_reshaped(values, node, y, lengths);
}

inline void read_same(Values& values, const Node& node) {
  values.give(node, node.output(), values.view(node, 0));
}

/// Numbers of any precision are kept in single precision; whole ones are not known of maps.
inline void read_cast(Values& values, const Node& node) {
  using Proto = ::onnx::TensorProto;
  const std::int64_t to = node.integer("to", 0);
  if (to != Proto::FLOAT && to != Proto::DOUBLE && to != Proto::FLOAT16 && to != Proto::BFLOAT16)
    node.refuse("casts to the element type " + std::to_string(to) +
                " of ONNX, expected floating-point numbers");
  read_same(values, node);
}

/// Expand of a map may only say the lengths that it has.
inline void read_expand(Values& values, const Node& node) {
  const View x = values.view(node, 0);
  const Shared shape = values.weights(node, 1);
  Lengths wanted = shape->integer ? shape->whole : Lengths{};
  const Lengths lengths = x.lengths();
  bool sound = wanted.size() <= lengths.size();
  for (std::size_t k = 0; sound && k < wanted.size(); ++k)
    sound = wanted[k] == 1 || wanted[k] == lengths[lengths.size() - wanted.size() + k];
  if (!sound) node.refuse("expands " + text(lengths) + " to " + text(wanted));
  values.give(node, node.output(), x);
}

}  // namespace einet::nn::onnx_detail

#pragma once
// Scaled dot-product attention, which models write as two products of maps with a softmax between them.

#include <einet/nn/layers/attention.hpp>
#include <einet/nn/layers/wiring.hpp>
#include <einet/onnx/node.hpp>
#include <einet/onnx/patterns.hpp>
#include <einet/onnx/shapes.hpp>
#include <einet/onnx/values.hpp>
#include <einet/onnx/view.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace einet::nn::onnx_detail {

/// A constant that is one number.
[[nodiscard]] inline float number(Values& values, const Node& node, const std::string& name) {
  const Shared found = values.constant(node, name);
  if (!found || found->size() != 1) node.refuse("is scaled by '" + name + "', expected a constant number");
  return found->number(0);
}

/// [..., heads, pixels, width] as [pixels][heads · width].
[[nodiscard]] inline View heads_together(const Node& node, View x, bool turned) {
  const std::size_t rank = x.rank();
  bool sound = rank == 3 || (rank == 4 && x.length(0) == 1);
  if (!sound)
    node.refuse("attends to a tensor of " + text(x.lengths()) + ", expected [heads, pixels, width]");
  std::vector<Dimension> all;
  const std::size_t pixels = turned ? rank - 1 : rank - 2, width = turned ? rank - 2 : rank - 1;
  Dimension channels = x.dimensions[rank - 3];
  channels.insert(channels.end(), x.dimensions[width].begin(), x.dimensions[width].end());
  View y{x.map, {{}, View::merged(x.dimensions[pixels]), View::merged(channels)}, x.offset, x.factor};
  return y;
}

/// A map whose channels are queries, keys and values: the one that they come from, if it is so.
[[nodiscard]] inline Map joined(Values& values, const Node& node, const std::array<View, 3>& in) {
  const auto channels = static_cast<std::size_t>(in[0].length(2));
  bool one = in[0].map.shape().channels == 3 * channels;
  for (std::size_t k = 0; k < 3; ++k)
    one = one && in[k].factor == 1 && in[k].map.layer() == in[0].map.layer() &&
          in[k].offset == k * channels &&
          in[k].dimensions[1] == View::axis(in[k].map.shape().pixels(), 3 * channels) &&
          in[k].dimensions[2] == View::axis(channels, 1);
  if (one) return in[0].map;
  std::vector<Map> parts;
  for (const View& part : in) {
    View x = values.settled(node, part);
    const bool whole = x.offset == 0 && x.map.shape().channels == channels &&
                       x.dimensions[2] == View::axis(channels, 1) &&
                       x.dimensions[1] == View::axis(x.map.shape().pixels(), channels);
    parts.push_back(whole ? x.map : values.rows(node, x).map);
  }
  const Shape first = parts[0].shape();
  for (Map& part : parts)
    if (part.shape() != first) part = values.rows(node, View::rows(part, in[0].lengths())).map;
  return values.made(node, concat(parts));
}

inline void read_attention(Values& values, const Node& node, const Node& softmax, const Pattern& pattern) {
  std::array<View, 3> in{values.view(node, pattern.inputs[0]), values.view(node, pattern.inputs[1]),
                         values.view(node, pattern.inputs[2])};
  const Lengths lengths = in[0].lengths();
  const std::size_t rank = lengths.size();
  Lengths keys = lengths;
  if (rank >= 2) std::swap(keys[rank - 2], keys[rank - 1]);
  if (rank < 3 || in[1].lengths() != keys || in[2].lengths() != lengths)
    node.refuse("attends with queries " + text(lengths) + ", keys " + text(in[1].lengths()) + " and values " +
                text(in[2].lengths()));
  // Before opset 13 the dimensions from the axis on count as one.
  if (axis_of(softmax, softmax.integer("axis", softmax.opset() < 13 ? 1 : -1), rank) + 1 != rank)
    softmax.refuse("within attention is over another dimension than the last one");
  const auto heads = static_cast<std::size_t>(lengths[rank - 3]),
             width = static_cast<std::size_t>(lengths[rank - 1]);
  float scale = in[0].factor * in[1].factor;
  for (const Pattern::Scale& given : pattern.scales)
    scale *= given.divides ? 1 / number(values, node, given.constant) : number(values, node, given.constant);
  in[0].factor = scale * std::sqrt(static_cast<float>(width));  // the layer divides by that
  if (std::abs(in[0].factor - 1) < 1e-5f) in[0].factor = 1;
  in[1].factor = 1;
  for (std::size_t k = 0; k < 3; ++k) in[k] = heads_together(node, in[k], k == 1);
  const Map y = values.made(node, attention(joined(values, node, in), {.heads = heads}));
  // [heads, pixels, width] of what the layer writes as [pixels][heads][width]
  View result{y, {}, 0, 1};
  const std::size_t channels = heads * width;
  if (rank == 4) result.dimensions.emplace_back();
  result.dimensions.push_back(View::axis(heads, width));
  result.dimensions.push_back(View::axis(y.shape().pixels(), channels));
  result.dimensions.push_back(View::axis(width, 1));
  values.give(node, node.output(), std::move(result));
}

}  // namespace einet::nn::onnx_detail

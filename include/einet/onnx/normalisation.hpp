#pragma once
// Batch, layer and local response normalisation.

#include <einet/nn/layers/layer_norm.hpp>
#include <einet/nn/layers/local_response_norm.hpp>
#include <einet/nn/layers/norm.hpp>
#include <einet/onnx/node.hpp>
#include <einet/onnx/numbers.hpp>
#include <einet/onnx/shapes.hpp>
#include <einet/onnx/values.hpp>
#include <einet/onnx/view.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace einet::nn::onnx_detail {

inline void read_batch_norm(Values& values, const Node& node) {
  if (node.integer("training_mode", 0) != 0)
    node.refuse("is in training mode, expected a model for inference");
  const View x = values.settled(node, values.view(node, 0));
  const bool flat = x.rank() == 2;
  const Map map = flat ? values.rows(node, x).map : values.image(node, x);
  NormOptions options;
  options.epsilon = (std::max)(node.number("epsilon", 1e-5f), (std::numeric_limits<float>::min)());
  const Map y = values.made(node, norm(map, options, values.layer_name(node.input(1))));
  static constexpr std::array<const char*, 4> arrays{"weight", "bias", "running_mean", "running_var"};
  for (std::size_t k = 0; k < arrays.size(); ++k) {
    const Shared numbers = values.weights(node, k + 1);
    expect_lengths(node, arrays[k], *numbers, {static_cast<std::int64_t>(map.shape().channels)});
    values.fill(y, arrays[k], real(*numbers));
  }
  values.give(node, node.output(), flat ? View::rows(y, x.lengths()) : View::image(y));
}

inline void read_response_norm(Values& values, const Node& node) {
  const Map x = values.image(node, values.view(node, 0));
  ResponseNormOptions options{positive(node, "size", node.integer("size", 0), 1), node.number("alpha", 1e-4f),
                              node.number("beta", .75f), node.number("bias", 1.f)};
  if (options.size % 2 == 0)
    node.refuse("size is " + std::to_string(options.size) + ", expected an odd number");
  values.give(node, node.output(), View::image(values.made(node, local_response_norm(x, options))));
}

/// Gives x normalised over its last dimension, without weights of its own.
inline View layer_norm(Values& values, const Node& node, const View& given, float epsilon) {
  const View x = values.with_channels_last(node, given);
  return x.on(values.made(node, layer_norm(x.map, epsilon)));
}

inline void read_layer_norm(Values& values, const Node& node) {
  const View x = values.view(node, 0);
  if (axis_of(node, node.integer("axis", -1), x.rank()) + 1 != x.rank())
    node.refuse("normalises over several dimensions, expected the last one");
  const View y = layer_norm(values, node, x, node.number("epsilon", 1e-5f));
  const std::vector<float> scale = real(*values.weights(node, 1));
  const std::vector<float> bias =
      node.has(2) ? real(*values.weights(node, 2)) : std::vector<float>(scale.size(), 0.f);
  if (scale.size() != y.map.shape().channels || bias.size() != scale.size())
    node.refuse("has " + std::to_string(scale.size()) + " weights, expected " +
                std::to_string(y.map.shape().channels));
  values.fill(y.map, "weight", scale);
  values.fill(y.map, "bias", bias);
  values.give(node, node.output(), y);
}

}  // namespace einet::nn::onnx_detail

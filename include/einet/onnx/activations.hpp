#pragma once
// Activation functions.

#include <einet/base/aligned.hpp>
#include <einet/nn/layers/activation.hpp>
#include <einet/onnx/layers.hpp>
#include <einet/onnx/node.hpp>
#include <einet/onnx/values.hpp>
#include <einet/onnx/view.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>

namespace einet::nn::onnx_detail {

inline void read_activation(Values& values, const Node& node) {
  const std::string& op = node.operation();
  const View given = values.settled(node, values.view(node, 0));
  const View x = given.whole() ? given : values.rows(node, given);
  const auto of = [&](Activation activation) { return nn::activation(x.map, activation); };
  const auto made = [&]() -> Map {
    if (op == "Relu") return of(Activation::relu);
    if (op == "Sigmoid") return of(Activation::sigmoid);
    if (op == "Tanh") return of(Activation::tanh);
    if (op == "HardSwish") return of(Activation::hard_swish);
    if (op == "LeakyRelu") return leaky_relu(x.map, node.number("alpha", .01f));
    if (op == "Erf") return add(Erf(), x.map);
    if (op == "Gelu") {
      if (node.word("approximate", "none") != "none")
        node.refuse("is the approximation by tanh, expected none");
      return of(Activation::gelu);
    }
    // HardSigmoid: alpha · x + beta, cut off at 0 and 1
    const float alpha = node.number("alpha", .2f), beta = node.number("beta", .5f);
    if (std::abs(alpha - 1.f / 6.f) <= 1e-6f && beta == .5f) return of(Activation::hard_sigmoid);
    const std::size_t channels = x.map.shape().channels;
    const Map line = add(
        ChannelAffine(AlignedVector<float>(channels, alpha), AlignedVector<float>(channels, beta)), x.map);
    return add(Clip(0, 1), values.made(node, line));
  };
  values.give(node, node.output(), x.on(values.made(node, made())));
}

inline void read_clip(Values& values, const Node& node) {
  const View given = values.settled(node, values.view(node, 0));
  const View x = given.whole() ? given : values.rows(node, given);
  const auto bound = [&](std::size_t i, float otherwise) {
    if (!node.has(i)) return otherwise;
    const Shared found = values.weights(node, i);
    if (found->size() != 1)
      node.refuse("has a bound of " + std::to_string(found->size()) + " numbers, expected 1");
    return found->number(0);
  };
  constexpr float infinity = std::numeric_limits<float>::infinity();
  float low = bound(1, -infinity), high = bound(2, infinity);
  // Exporters write the least and the greatest number for "no bound".
  if (low <= -(std::numeric_limits<float>::max)()) low = -infinity;
  if (high >= (std::numeric_limits<float>::max)()) high = infinity;
  const Map y = low == 0 && high == 6          ? relu6(x.map)
                : low == 0 && high == infinity ? relu(x.map)
                                               : add(Clip(low, high), x.map);
  values.give(node, node.output(), x.on(values.made(node, y)));
}

}  // namespace einet::nn::onnx_detail

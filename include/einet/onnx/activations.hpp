#pragma once
// Activation functions.

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
  const auto of = [&](nn::Activation activation) { return nn::activation(x.map, activation); };
  const auto made = [&]() -> nn::Map {
    if (op == "Relu") return of(nn::Activation::relu);
    if (op == "Sigmoid") return of(nn::Activation::sigmoid);
    if (op == "Tanh") return of(nn::Activation::tanh);
    if (op == "HardSwish") return of(nn::Activation::hard_swish);
    if (op == "LeakyRelu") return nn::leaky_relu(x.map, node.number("alpha", .01f));
    if (op == "Erf") return nn::add(Erf(), x.map);
    if (op == "Gelu") {
      if (node.word("approximate", "none") != "none")
        node.refuse("is the approximation by tanh, expected none");
      return of(nn::Activation::gelu);
    }
    // HardSigmoid: alpha · x + beta, cut off
    const float alpha = node.number("alpha", .2f), beta = node.number("beta", .5f);
    if (std::abs(alpha - 1.f / 6.f) > 1e-6f || beta != .5f)
      node.refuse("has alpha " + std::to_string(alpha) + " and beta " + std::to_string(beta) +
                  ", expected 1/6 and 1/2");
    return of(nn::Activation::hard_sigmoid);
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
  const nn::Map y = low == 0 && high == 6          ? nn::relu6(x.map)
                    : low == 0 && high == infinity ? nn::relu(x.map)
                                                   : nn::add(Clip(low, high), x.map);
  values.give(node, node.output(), x.on(values.made(node, y)));
}

}  // namespace einet::nn::onnx_detail

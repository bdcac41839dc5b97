#pragma once
// Sums and products of maps with constants and with one another. What several nodes write out by such
// arithmetic, as SiLU or GELU, becomes the activation that it is.

#include <einet/base/aligned.hpp>
#include <einet/nn/layers/activation.hpp>
#include <einet/nn/layers/layer_norm.hpp>
#include <einet/nn/layers/wiring.hpp>
#include <einet/onnx/layers.hpp>
#include <einet/onnx/node.hpp>
#include <einet/onnx/values.hpp>
#include <einet/onnx/view.hpp>
#include <einet/onnx/walk.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace einet::nn::onnx_detail {

/// The layer that makes a map; null for the image.
[[nodiscard]] inline const Layer* layer_of(Values& values, const Map& map) {
  return map.layer() == 0 ? nullptr : &values.graph().layer(map.layer());
}
/// The only map that the layer of a map reads. @pre not the image
[[nodiscard]] inline Map input_of(Values& values, const Map& map) {
  return values.map_of(values.graph().inputs(map.layer())[0]);
}

/// The number of a constant of one value.
[[nodiscard]] inline std::optional<float> single(const Constant& constant) {
  return constant.size() == 1 ? std::optional(constant.number(0)) : std::nullopt;
}

/// Whether the constant may be combined with a tensor of these lengths without making it larger.
[[nodiscard]] inline bool fits(const Lengths& constant, const Lengths& lengths) {
  for (std::size_t k = 0; k < constant.size(); ++k) {
    if (constant[constant.size() - 1 - k] == 1) continue;
    if (k >= lengths.size() || constant[constant.size() - 1 - k] != lengths[lengths.size() - 1 - k])
      return false;
  }
  return true;
}

/// factor · x + shift, where one of both is 1 or 0 and the other the constant.
inline View affine(Values& values, const Node& node, const View& given, const Constant& constant,
                   bool factor) {
  if (const auto number = single(constant); number && factor) {
    View x = given;
    x.factor *= *number;
    return x;
  }
  const Lengths lengths = given.lengths();
  if (!fits(constant.lengths, lengths))
    node.refuse("combines a tensor of " + text(lengths) + " with a constant of " + text(constant.lengths));
  const View settled = values.settled(node, given);
  const View x = settled.whole() ? settled : values.rows(node, settled);
  const Shape shape = x.map.shape();
  const std::vector<std::size_t> strides = broadcast_strides(constant.lengths, lengths.size());
  bool by_channel = true;
  for (std::size_t d = 0; d < strides.size(); ++d)
    by_channel = by_channel && (strides[d] == 0 || x.dimensions[d] == View::axis(shape.channels, 1));
  AlignedVector<float> each;
  if (by_channel) {
    for (std::size_t c = 0; c < shape.channels; ++c)
      each.push_back(constant.number(constant.size() == 1 ? 0 : c));
  } else {
    values.spend(node, 2 * shape.size());
    each.resize(shape.size());
    Walk walk(sizes(lengths), strides);
    x.each([&](std::size_t place) {
      each[place] = constant.number(walk.place());
      walk.next();
    });
  }
  AlignedVector<float> other(each.size(), factor ? 0.f : 1.f);
  if (!factor) std::swap(each, other);
  Map y = by_channel ? add(ChannelAffine(std::move(each), std::move(other)), x.map)
                     : add(MapAffine(shape, std::move(each), std::move(other)), x.map);
  return x.on(values.made(node, y));
}

/// The two inputs of a node: maps, or a map and a constant, which comes second here.
struct Operands {
  View x;
  std::optional<View> other;
  Shared constant;
  bool turned = false;  ///< whether the constant was the first one
};
[[nodiscard]] inline Operands operands(Values& values, const Node& node) {
  if (node.inputs() != 2) node.refuse("has " + std::to_string(node.inputs()) + " inputs, expected 2");
  if (Shared first = values.constant(node, std::size_t{0}))
    return {values.view(node, 1), std::nullopt, first, true};
  const View x = values.view(node, 0);
  if (Shared second = values.constant(node, 1)) return {x, std::nullopt, second, false};
  return {x, values.view(node, 1), nullptr, false};
}

/// Two tensors of one shape as maps that fit one another, and how to see the result.
struct Pair {
  View a, b;
};
[[nodiscard]] inline Pair fitting(Values& values, const Node& node, const View& a, const View& b) {
  if (a.lengths() != b.lengths()) node.refuse("combines " + text(a.lengths()) + " and " + text(b.lengths()));
  const View x = values.settled(node, a), y = values.settled(node, b);
  if (x.whole() && x.alike(y)) return {x, y};
  if (x.rank() == 4) {
    const Map first = values.image(node, x), second = values.image(node, y);
    return {View::image(first), View::image(second)};
  }
  return {values.rows(node, x), values.rows(node, y)};
}

[[nodiscard]] inline View sum_of(Values& values, const Node& node, const View& a, const View& b) {
  const Pair both = fitting(values, node, a, b);
  return both.a.on(values.made(node, both.a.map + both.b.map));
}

inline void read_sum(Values& values, const Node& node) {
  const Operands in = operands(values, node);
  values.give(
      node, node.output(),
      in.other ? sum_of(values, node, in.x, *in.other) : affine(values, node, in.x, *in.constant, false));
}

inline void read_negative(Values& values, const Node& node) {
  View x = values.view(node, 0);
  x.factor = -x.factor;
  values.give(node, node.output(), x);
}

inline void read_difference(Values& values, const Node& node) {
  Operands in = operands(values, node);
  if (in.other) {
    in.other->factor = -in.other->factor;
    return values.give(node, node.output(), sum_of(values, node, in.x, *in.other));
  }
  if (in.turned) {
    in.x.factor = -in.x.factor;
    return values.give(node, node.output(), affine(values, node, in.x, *in.constant, false));
  }
  Constant negative = *in.constant;
  for (float& number : negative.real) number = -number;
  for (std::int64_t& number : negative.whole) number = -number;
  values.give(node, node.output(), affine(values, node, in.x, negative, false));
}

inline void read_quotient(Values& values, const Node& node) {
  Operands in = operands(values, node);
  if (in.other || in.turned) node.refuse("divides by what is computed from the image, expected a constant");
  Constant inverse = Constant::of(in.constant->lengths, std::vector<float>{});
  for (std::size_t k = 0; k < in.constant->size(); ++k) inverse.real.push_back(1 / in.constant->number(k));
  values.give(node, node.output(), affine(values, node, in.x, inverse, true));
}

/// x times a function of x that makes an activation of both; nothing if it is none.
[[nodiscard]] inline std::optional<View> activation_of(Values& values, const Node& node, const View& x,
                                                       const View& gate) {
  const Layer* const last = layer_of(values, gate.map);
  if (last == nullptr || !x.whole() || !x.alike(gate)) return std::nullopt;
  const auto becomes = [&](Activation activation, float factor) {
    View y = x.on(values.made(node, nn::activation(x.map, activation)));
    y.factor = x.factor * gate.factor * factor;
    return y;
  };
  Map before = input_of(values, gate.map);
  const bool of_x = before.layer() == x.map.layer();
  if (of_x && x.factor == 1 && last->activation() == Activation::sigmoid) return becomes(Activation::silu, 1);
  if (of_x && x.factor == 1 && last->activation() == Activation::hard_sigmoid)
    return becomes(Activation::hard_swish, 1);
  if (before.layer() == 0) return std::nullopt;
  const auto* const shift = dynamic_cast<const ChannelAffine*>(layer_of(values, before));
  if (x.factor == 1 && last->activation() == Activation::relu6 && shift != nullptr && shift->is(1, 3) &&
      input_of(values, before).layer() == x.map.layer())
    return becomes(Activation::hard_swish, 6);
  // x · (1 + erf(x / √2)), which is twice the GELU of x.
  const auto* const one = dynamic_cast<const ChannelAffine*>(last);
  if (one == nullptr || !one->is(1, 1) || dynamic_cast<const Erf*>(layer_of(values, before)) == nullptr)
    return std::nullopt;
  const Map scaled = input_of(values, before);
  const auto* const root = dynamic_cast<const ChannelAffine*>(layer_of(values, scaled));
  if (root == nullptr || !root->is(1 / std::numbers::sqrt2_v<float>, 0) ||
      input_of(values, scaled).layer() != x.map.layer())
    return std::nullopt;
  return becomes(Activation::gelu, 2);
}

/// The map times a factor for every channel, as [1, channels, 1, 1]; nothing if neither is one.
[[nodiscard]] inline std::optional<View> by_channel(Values& values, const Node& node, const View& x,
                                                    const View& factor) {
  const Lengths lengths = x.lengths();
  if (lengths.size() != 4 || factor.lengths() != Lengths{1, lengths[1], 1, 1}) return std::nullopt;
  const Map image = values.image(node, x), each = values.image(node, factor);
  return View::image(values.made(node, image * each));
}

inline void read_product(Values& values, const Node& node) {
  const Operands in = operands(values, node);
  if (!in.other) return values.give(node, node.output(), affine(values, node, in.x, *in.constant, true));
  for (const auto& [x, gate] : {std::pair(in.x, *in.other), std::pair(*in.other, in.x)})
    if (auto y = activation_of(values, node, x, gate)) return values.give(node, node.output(), std::move(*y));
  if (in.x.lengths() != in.other->lengths()) {
    for (const auto& [x, factor] : {std::pair(in.x, *in.other), std::pair(*in.other, in.x)})
      if (auto y = by_channel(values, node, x, factor))
        return values.give(node, node.output(), std::move(*y));
  }
  const Pair both = fitting(values, node, in.x, *in.other);
  values.give(node, node.output(), both.a.on(values.made(node, both.a.map * both.b.map)));
}

}  // namespace einet::nn::onnx_detail

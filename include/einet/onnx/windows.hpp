#pragma once
// Operators that move a window over an image: convolution, pools, and the padding before them.

#include <einet/base/aligned.hpp>
#include <einet/nn/layers/conv.hpp>
#include <einet/nn/layers/pool.hpp>
#include <einet/nn/layers/wiring.hpp>
#include <einet/onnx/arithmetic.hpp>
#include <einet/onnx/layers.hpp>
#include <einet/onnx/node.hpp>
#include <einet/onnx/numbers.hpp>
#include <einet/onnx/shapes.hpp>
#include <einet/onnx/values.hpp>
#include <einet/onnx/view.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace einet::nn::onnx_detail {

[[nodiscard]] inline Extent extent(const Node& node, const char* name, Lengths otherwise) {
  const Lengths both = node.integers(name, std::move(otherwise));
  if (both.size() != 2)
    node.refuse(std::string(name) + " is " + text(both) + ", expected two numbers, of rows and columns");
  return {positive(node, name, both[0], 1), positive(node, name, both[1], 1)};
}

/// What `pads` or `auto_pad` adds around an image.
[[nodiscard]] inline Padding padding(const Node& node, Shape in, Extent kernel, Extent stride,
                                     Extent dilation) {
  const std::string automatic = node.word("auto_pad", "NOTSET");
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    const auto around = [&](std::size_t length, std::size_t taps, std::size_t step, std::size_t apart) {
      const std::size_t out = (length + step - 1) / step, reach = (taps - 1) * apart + 1;
      const std::size_t needed = (out - 1) * step + reach;
      const std::size_t all = needed > length ? needed - length : 0;
      const std::size_t less = all / 2;
      return automatic == "SAME_UPPER" ? std::pair{less, all - less} : std::pair{all - less, less};
    };
    const auto [top, bottom] = around(in.height, kernel.height, stride.height, dilation.height);
    const auto [left, right] = around(in.width, kernel.width, stride.width, dilation.width);
    return {top, bottom, left, right};
  }
  if (automatic != "NOTSET" && automatic != "VALID")
    node.refuse("auto_pad is " + automatic + ", expected NOTSET, VALID, SAME_UPPER or SAME_LOWER");
  const Lengths pads = automatic == "VALID" ? Lengths{0, 0, 0, 0} : node.integers("pads", {0, 0, 0, 0});
  if (pads.size() != 4) node.refuse("pads is " + text(pads) + ", expected four numbers");
  const auto pad = [&](std::size_t k) { return positive(node, "pads", pads[k], 0); };
  return {pad(0), pad(2), pad(1), pad(3)};
}

inline void read_conv(Values& values, const Node& node) {
  Map x = values.image(node, values.view(node, 0));
  const Shared weights = values.weights(node, 1);
  if (weights->lengths.size() != 4)
    node.refuse("has weights of the shape " + text(weights->lengths) + ", expected four dimensions");
  const Lengths& lengths = weights->lengths;
  ConvOptions options;
  options.channels = positive(node, "weights[0]", lengths[0], 1);
  options.kernel = extent(node, "kernel_shape", {lengths[2], lengths[3]});
  options.stride = extent(node, "strides", {1, 1});
  options.dilation = extent(node, "dilations", {1, 1});
  options.groups = positive(node, "group", node.integer("group", 1), 1);
  Padding around = padding(node, x.shape(), options.kernel, options.stride, options.dilation);
  // Zeros that a layer before it adds are as good as its own.
  if (const auto* const pad = dynamic_cast<const Pad*>(layer_of(values, x));
      pad != nullptr && pad->value() == 0) {
    const Padding before = pad->padding();
    around = {around.top + before.top, around.bottom + before.bottom, around.left + before.left,
              around.right + before.right};
    x = input_of(values, x);
  }
  options.padding = around;
  options.bias = node.has(2);
  expect_lengths(
      node, "weights", *weights,
      {lengths[0], static_cast<std::int64_t>(x.shape().channels / options.groups),
       static_cast<std::int64_t>(options.kernel.height), static_cast<std::int64_t>(options.kernel.width)});
  const Map y = values.made(node, conv(x, options, values.layer_name(node.input(1))));
  values.fill(y, "weight", real(*weights));
  if (options.bias) {
    const Shared bias = values.weights(node, 2);
    expect_lengths(node, "a bias", *bias, {lengths[0]});
    values.fill(y, "bias", real(*bias));
  }
  values.give(node, node.output(), View::image(y));
}

inline void read_pool(Values& values, const Node& node) {
  const bool largest = node.operation() == "MaxPool";
  const Map x = values.image(node, values.view(node, 0));
  PoolOptions options;
  options.kernel = extent(node, "kernel_shape", {});
  options.stride = extent(node, "strides", {1, 1});
  if (extent(node, "dilations", {1, 1}) != Extent{1}) node.refuse("has dilations, which pools here have not");
  if (node.outputs() > 1 && !node.output(1).empty()) node.refuse("gives indices, which pools here do not");
  options.padding = padding(node, x.shape(), options.kernel, *options.stride, 1);
  options.ceil = node.integer("ceil_mode", 0) != 0;
  options.count_padding = node.integer("count_include_pad", 0) != 0;
  const Map y = largest ? max_pool(x, options) : average_pool(x, options);
  values.give(node, node.output(), View::image(values.made(node, y)));
}

inline void read_global_pool(Values& values, const Node& node) {
  const Map x = values.image(node, values.view(node, 0));
  const Extent all{x.shape().height, x.shape().width};
  const Map y = node.operation() == "GlobalMaxPool" ? max_pool(x, {.kernel = all}) : global_average_pool(x);
  values.give(node, node.output(), View::image(values.made(node, y)));
}

/// Means over all pixels, as models end that do not call it a pool.
inline void read_reduce_mean(Values& values, const Node& node) {
  const View given = values.view(node, 0);
  const Shared input = values.constant(node, 1);
  std::vector<bool> reduced(given.rank(), false);
  for (const std::int64_t axis : axes_of(node, input.get()))
    reduced[axis_of(node, axis, given.rank())] = true;
  View x = values.settled(node, given);
  const bool image = x.rank() == 4 && !reduced[1] && reduced[2] && reduced[3];
  if (image)
    x = View::image(values.image(node, x));
  else if (!x.whole())
    x = values.rows(node, x);
  const std::size_t channels = x.map.shape().channels;
  Lengths lengths;
  bool sound = true;
  for (std::size_t d = 0; d < x.rank(); ++d) {
    const bool keeps = node.integer("keepdims", 1) != 0;
    if (!reduced[d] || keeps) lengths.push_back(reduced[d] ? 1 : x.length(d));
    if (!reduced[d]) sound = sound && (x.dimensions[d].empty() || x.dimensions[d] == View::axis(channels, 1));
  }
  std::size_t left = 1;
  for (const std::int64_t length : lengths) left *= static_cast<std::size_t>(length);
  if (!sound || left != channels)
    node.refuse("takes means of " + text(given.lengths()) + " over other axes than all pixels");
  const Map y = values.made(node, global_average_pool(x.map));
  values.give(node, node.output(), View::rows(y, lengths));
}

inline void read_pad(Values& values, const Node& node) {
  const View x = values.view(node, 0);
  const Shared pads = values.weights(node, 1);
  const Shared fill = values.constant(node, 2);
  if (node.word("mode", "constant") != "constant")
    node.refuse("mode is " + node.word("mode", "") + ", expected constant");
  if (node.has(3)) node.refuse("names axes, expected paddings of all dimensions");
  if (!pads->integer || pads->size() != 2 * x.rank())
    node.refuse("pads has " + std::to_string(pads->size()) + " numbers, expected two for each dimension");
  if (std::all_of(pads->whole.begin(), pads->whole.end(), [](std::int64_t p) { return p == 0; }))
    return values.give(node, node.output(), x);
  const Map map = values.image(node, x);
  const auto pad = [&](std::size_t k) { return positive(node, "pads", pads->whole[k], 0); };
  if (pad(0) + pad(4) != 0)
    node.refuse("pads is " + text(pads->whole) + ", expected channels and pixels only");
  const float value = fill && fill->size() == 1 ? fill->number(0) : 0.f;
  const Padding around{pad(2), pad(6), pad(3), pad(7)};
  Map y = map;
  if (around.top + around.bottom + around.left + around.right != 0)
    y = values.made(node, add(Pad(around, value), map));
  if (pad(1) + pad(5) != 0) {  // as shortcuts do that widen without a convolution
    const Shape shape = y.shape();
    std::vector<Map> maps;
    const auto widen = [&](std::size_t channels) {
      if (channels == 0) return;
      const Shape more{shape.height, shape.width, channels};
      values.spend(node, more.size());
      maps.push_back(values.fixed(node, map, more, AlignedVector<float>(more.size(), value)));
    };
    widen(pad(1));
    maps.push_back(y);
    widen(pad(5));
    y = values.made(node, concat(maps));
  }
  values.give(node, node.output(), View::image(y));
}

}  // namespace einet::nn::onnx_detail

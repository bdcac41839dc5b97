#pragma once
// Tensors times matrices: fully connected layers, or one for every pixel.

#include <einet/nn/layers/conv.hpp>
#include <einet/nn/layers/linear.hpp>
#include <einet/onnx/node.hpp>
#include <einet/onnx/numbers.hpp>
#include <einet/onnx/values.hpp>
#include <einet/onnx/view.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace einet::nn::onnx_detail {

/// A matrix that the last dimension of a tensor is multiplied with, and what is added.
struct Dense {
  std::vector<float> weights;  ///< [outputs][inputs]
  std::vector<float> bias;     ///< [outputs]; none: empty
  std::size_t outputs;
  std::string name;  ///< of the weights
};

/// Dense for tensors whose other dimensions are all 1: its inputs are all values of x in their order.
inline Map fully_connected(Values& values, const Node& node, const View& given, const Dense& dense) {
  View x = values.settled(node, given);
  if (!x.whole()) x = values.rows(node, x);
  const Shape shape = x.map.shape();
  const LinearOptions options{.outputs = dense.outputs, .bias = !dense.bias.empty()};
  const Map y = values.made(node, linear(x.map, options, values.layer_name(dense.name)));
  // The layer counts its inputs by channel, row and column.
  std::vector<std::size_t> place;
  place.reserve(shape.size());
  x.each(
      [&](std::size_t at) { place.push_back(at % shape.channels * shape.pixels() + at / shape.channels); });
  std::vector<float> sorted(dense.weights.size());
  for (std::size_t o = 0; o < sorted.size(); o += place.size())
    for (std::size_t i = 0; i < place.size(); ++i) sorted[o + place[i]] = dense.weights[o + i];
  values.fill(y, "weight", sorted);
  return y;
}

/// Dense for every pixel. Looks at the result as it looked at x.
inline View pixel_by_pixel(Values& values, const Node& node, const View& given, const Dense& dense) {
  const View x = values.with_channels_last(node, given);
  const ConvOptions options{.channels = dense.outputs, .kernel = 1, .bias = !dense.bias.empty()};
  const Map y = values.made(node, conv(x.map, options, values.layer_name(dense.name)));
  values.fill(y, "weight", dense.weights);
  const std::size_t before = x.map.shape().channels;
  View result = x.on(y);
  for (Dimension& dimension : result.dimensions)
    for (Axis& axis : dimension) axis.stride = axis.stride / before * dense.outputs;
  result.dimensions.back() = View::axis(dense.outputs, 1);
  return result;
}

inline void give_dense(Values& values, const Node& node, const View& x, const Dense& dense) {
  Lengths lengths = x.lengths();
  View y = x;
  if (x.size() == static_cast<std::size_t>(lengths.back())) {
    lengths.back() = static_cast<std::int64_t>(dense.outputs);
    y = View::rows(fully_connected(values, node, x, dense), lengths);
  } else {
    y = pixel_by_pixel(values, node, x, dense);
  }
  values.fill(y.map, "bias", dense.bias);
  values.give(node, node.output(), std::move(y));
}

/// The matrix with rows and columns exchanged.
[[nodiscard]] inline std::vector<float> transposed(const Constant& matrix) {
  const auto rows = static_cast<std::size_t>(matrix.lengths[0]),
             columns = static_cast<std::size_t>(matrix.lengths[1]);
  std::vector<float> all(matrix.size());
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c) all[c * rows + r] = matrix.number(r * columns + c);
  return all;
}

inline void read_gemm(Values& values, const Node& node) {
  const View x = values.view(node, 0);
  const Shared b = values.weights(node, 1);
  if (node.integer("transA", 0) != 0) node.refuse("transA is 1, expected 0");
  if (b->lengths.size() != 2)
    node.refuse("has weights of the shape " + text(b->lengths) + ", expected two dimensions");
  const bool ready = node.integer("transB", 0) != 0;  // [outputs][inputs]
  const std::int64_t outputs = b->lengths[ready ? 0 : 1], inputs = b->lengths[ready ? 1 : 0];
  if (x.rank() != 2 || x.length(1) != inputs)
    node.refuse("reads a tensor of " + text(x.lengths()) + ", expected [1, " + std::to_string(inputs) + "]");
  Dense dense{ready ? real(*b) : transposed(*b), {}, positive(node, "outputs", outputs, 1), node.input(1)};
  for (float& weight : dense.weights) weight *= node.number("alpha", 1.f);
  if (node.has(2)) {
    const Shared c = values.weights(node, 2);
    if (c->size() != dense.outputs && c->size() != 1)
      node.refuse("has a bias of the shape " + text(c->lengths) + ", expected " + std::to_string(outputs) +
                  " numbers");
    for (std::size_t k = 0; k < dense.outputs; ++k)
      dense.bias.push_back(node.number("beta", 1.f) * c->number(c->size() == 1 ? 0 : k));
  }
  give_dense(values, node, x, dense);
}

inline void read_matmul(Values& values, const Node& node) {
  const View x = values.view(node, 0);
  const Shared b = values.constant(node, 1);
  if (!b) node.refuse("multiplies two maps, which is known of attention only: softmax(q · k) · v");
  if (b->lengths.size() != 2 || x.rank() < 2 || x.length(x.rank() - 1) != b->lengths[0])
    node.refuse("multiplies " + text(x.lengths()) + " and " + text(b->lengths));
  give_dense(values, node, x,
             {transposed(*b), {}, positive(node, "outputs", b->lengths[1], 1), node.input(1)});
}

}  // namespace einet::nn::onnx_detail

#pragma once
// Parts that several networks are made of.

#include <einet/base/expect.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/layers/activation.hpp>
#include <einet/nn/layers/conv.hpp>
#include <einet/nn/layers/linear.hpp>
#include <einet/nn/layers/norm.hpp>
#include <einet/nn/layers/pool.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

namespace einet::nn {

/// A convolution without bias, and batch norm. Each may be given a name.
inline Map conv_norm(const Map& x, ConvOptions options, std::string conv_name = {},
                     std::string norm_name = {}) {
  options.bias = false;
  return norm(conv(x, options, std::move(conv_name)), std::move(norm_name));
}

/// A convolution without bias, batch norm, ReLU.
inline Map conv_norm_relu(const Map& x, const ConvOptions& options, std::string conv_name = {},
                          std::string norm_name = {}) {
  return relu(conv_norm(x, options, std::move(conv_name), std::move(norm_name)));
}

/// A depthwise-separable convolution: 3 × 3 channel by channel, then 1 × 1 to `channels`, each with batch
/// norm and ReLU.
inline Map separable_conv(const Map& x, std::size_t channels, Extent stride = 1) {
  const std::size_t own = x.shape().channels;
  const Map each = conv_norm_relu(x, {.channels = own, .stride = stride, .groups = own});
  return conv_norm_relu(each, {.channels = channels, .kernel = 1});
}

/// Averages x to at most `side` × `side` pixels.
inline Map pool_to(const Map& x, std::size_t side) {
  const Shape shape = x.shape();
  if (shape.height <= side && shape.width <= side) return x;
  return adaptive_average_pool(x, {(std::min)(shape.height, side), (std::min)(shape.width, side)});
}

/// Sizes of the branch that the paper inserts: convolutions, then fully connected layers (section IV-A2,
/// which publishes no sizes). The structures of its Fig. 14 (b) are numbers of both; 1 + 2 is the one it
/// settles on.
struct BranchOptions {
  std::size_t pool = 8;             ///< the map is averaged to at most pool × pool pixels
  std::size_t channels = 64;        ///< of every convolution; the first has stride 2
  std::size_t hidden = 128;         ///< outputs of every fully connected layer but the last
  std::size_t convolutions = 1;     ///< 0 or more
  std::size_t fully_connected = 2;  ///< at least 1

  friend bool operator==(const BranchOptions&, const BranchOptions&) = default;
};

namespace detail {

inline void check(const BranchOptions& options) {
  at_least("branch", "pool", options.pool);
  at_least("branch", "fully_connected", options.fully_connected);
  if (options.convolutions > 0) at_least("branch", "channels", options.channels);
  if (options.fully_connected > 1) at_least("branch", "hidden", options.hidden);
}

}  // namespace detail

/// The scores of a branch over x: average pool → convolutions 3 × 3 with batch norm and ReLU → fully
/// connected layers with ReLU between them. Throws std::invalid_argument if a size is 0 that must not be.
inline Map branch(const Map& x, std::size_t classes, const BranchOptions& options = {}) {
  detail::check(options);
  Map at = pool_to(x, options.pool);
  for (std::size_t i = 0; i < options.convolutions; ++i)
    at = conv_norm_relu(at, {.channels = options.channels, .stride = i == 0 ? 2u : 1u});
  for (std::size_t i = 1; i < options.fully_connected; ++i)
    at = relu(linear(at, {.outputs = options.hidden}));
  return linear(at, {.outputs = classes});
}

namespace detail {

/// A published number of channels times the width, at least 1.
[[nodiscard]] inline std::size_t scaled(std::size_t channels, double width) {
  return static_cast<std::size_t>((std::max)(1., std::round(static_cast<double>(channels) * width)));
}

/// What every network is asked for: throws std::invalid_argument naming the field that cannot be.
/// @param least pixels that each side of the image must have
template <class Options>
void check_network(const char* network, const Options& options, std::size_t least) {
  at_least(network, "image.height", options.image.height, least);
  at_least(network, "image.width", options.image.width, least);
  at_least(network, "image.channels", options.image.channels);
  at_least(network, "classes", options.classes);
  einet::detail::expect(options.width > 0. && options.width <= 64., network, "width", options.width,
                        "a number in (0, 64]");
}

}  // namespace detail

}  // namespace einet::nn

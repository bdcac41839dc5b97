#pragma once
// Parts that several networks are made of.

#include <einet/base/expect.hpp>
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

/// A convolution without bias, and batch norm. Without names they are called by their kind and a number.
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

/// Sizes of the branch that the paper inserts: convolutions, then fully connected layers (section IV-A2; its
/// sizes are not published).
struct BranchOptions {
  std::size_t pool = 8;             ///< the map is averaged to at most pool x pixels
  std::size_t channels = 64;        ///< of every convolution; the first has stride 2
  std::size_t hidden = 128;         ///< outputs of every fully connected layer but the last
  std::size_t convolutions = 1;     ///< 0 or more
  std::size_t fully_connected = 2;  ///< at least 1

  friend bool operator==(const BranchOptions&, const BranchOptions&) = default;
};

/// The scores of a branch over x: average pool → convolutions 3 x 3 with batch norm and ReLU → fully
/// connected layers with ReLU between them. Throws std::invalid_argument if a size is 0 that must not be.
inline Map branch(const Map& x, std::size_t classes, const BranchOptions& options = {}) {
  const auto positive = [](std::size_t value, const char* field) {
    einet::detail::expect(value > 0, "branch", field, value, "at least 1");
  };
  positive(options.pool, "pool");
  positive(options.fully_connected, "fully_connected");
  positive(classes, "classes");
  Map at = x;
  const Shape shape = x.shape();
  if (shape.height > options.pool || shape.width > options.pool)
    at = adaptive_average_pool(
        x, {(std::min)(shape.height, options.pool), (std::min)(shape.width, options.pool)});
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

/// Throws std::invalid_argument unless `width` is a factor that channels can be multiplied by.
inline void check_width(const char* network, double width) {
  einet::detail::expect(width > 0. && width <= 64., network, "width", width, "a number in (0, 64]");
}

}  // namespace detail

}  // namespace einet::nn

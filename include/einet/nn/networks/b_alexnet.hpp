#pragma once
// B-AlexNet (Teerapittayanon et al., "BranchyNet", 2016): AlexNet for small images, with two branches.

#include <einet/nn/graph.hpp>
#include <einet/nn/layers/dropout.hpp>
#include <einet/nn/layers/local_response_norm.hpp>
#include <einet/nn/networks/parts.hpp>

#include <cstddef>

namespace einet::nn {

/// The shape of a B-AlexNet.
struct BAlexNetOptions {
  Shape image{32, 32, 3};  ///< each side at least 24
  std::size_t classes = 10;
  double width = 1.;  ///< factor on the published numbers of channels, those of the branches too
};

namespace detail {

inline Map alexnet_pool(const Map& x) {
  return max_pool(x, {.kernel = 3, .stride = 2, .ceil = true});
}
inline Map alexnet_pool_norm(const Map& x) {
  return local_response_norm(alexnet_pool(x), {.size = 3, .alpha = 5e-5f, .beta = .75f});
}

}  // namespace detail

/// Three exits, with BranchyNet's own branches. What BranchyNet computes in a branch and again in the
/// backbone after it (ReLU, and at the first branch pool and normalisation), both share here.
///
/// Layers are named conv1 to conv5, fc1 to fc3, and branches.0 and branches.1. Throws std::invalid_argument
/// naming the option that cannot be.
[[nodiscard]] inline Graph b_alexnet(const BAlexNetOptions& options = {}) {
  detail::check_network("b_alexnet", options, 24);
  const auto scaled = [&](std::size_t channels) { return detail::scaled(channels, options.width); };
  Graph graph(options.image);
  Map x = relu(conv(graph.input(), {.channels = scaled(32), .kernel = 5}, "conv1"));
  x = detail::alexnet_pool_norm(x);
  x = relu(conv(x, {.channels = scaled(64), .kernel = 5}, "conv2"));
  x = detail::alexnet_pool_norm(x);
  {
    const Scope scope(graph, "branches.0");
    const Map y = relu(conv(x, {.channels = scaled(32)}));
    const Map z = relu(conv(y, {.channels = scaled(32)}));
    graph.exit(linear(detail::alexnet_pool(z), {.outputs = options.classes}));
  }
  x = relu(conv(x, {.channels = scaled(96)}, "conv3"));
  {
    const Scope scope(graph, "branches.1");
    const Map y = relu(conv(detail::alexnet_pool_norm(x), {.channels = scaled(32)}));
    graph.exit(linear(detail::alexnet_pool(y), {.outputs = options.classes}));
  }
  x = relu(conv(x, {.channels = scaled(96)}, "conv4"));
  x = relu(conv(x, {.channels = scaled(64)}, "conv5"));
  x = detail::alexnet_pool(x);
  const Map y = dropout(relu(linear(x, {.outputs = scaled(256)}, "fc1")));
  const Map z = dropout(relu(linear(y, {.outputs = scaled(128)}, "fc2")));
  graph.exit(linear(z, {.outputs = options.classes}, "fc3"), x);
  return graph;
}

}  // namespace einet::nn

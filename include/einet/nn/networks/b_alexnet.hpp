#pragma once
// B-AlexNet (Teerapittayanon et al., "BranchyNet", 2016): AlexNet for small images with two branches.

#include <einet/nn/graph.hpp>
#include <einet/nn/layers/dropout.hpp>
#include <einet/nn/layers/local_response_norm.hpp>
#include <einet/nn/networks/parts.hpp>

#include <cstddef>

namespace einet::nn {

struct BAlexnetOptions {
  Shape image{32, 32, 3};
  std::size_t classes = 10;
  double width = 1.;  ///< factor on the published numbers of channels
};

/// Three exits: two branches and the classifier. A branch and the conv part after it read the same rectified,
/// pooled and normalised map, which is computed once. Throws std::invalid_argument if a size is wrong or the
/// image too small.
[[nodiscard]] inline Graph b_alexnet(const BAlexnetOptions& options = {}) {
  detail::check_width("b_alexnet", options.width);
  const auto convolve = [&](const Map& x, std::size_t channels, std::size_t kernel = 3) {
    return relu(conv(x, {.channels = detail::scaled(channels, options.width), .kernel = kernel}));
  };
  const auto pool = [](const Map& x) { return max_pool(x, {.kernel = 3, .stride = 2, .ceil = true}); };
  const auto normalise = [](const Map& x) {
    return local_response_norm(x, {.size = 3, .alpha = 5e-5f, .beta = .75f});
  };
  const auto hidden = [&](const Map& x, std::size_t outputs) {
    return dropout(relu(linear(x, {.outputs = detail::scaled(outputs, options.width)})));
  };

  Graph graph(options.image);
  Map x = normalise(pool(convolve(graph.input(), 32, 5)));
  x = normalise(pool(convolve(x, 64, 5)));
  {
    const Scope scope(graph, "branches.0");
    graph.exit(linear(pool(convolve(convolve(x, 32), 32)), {.outputs = options.classes}));
  }
  x = convolve(x, 96);
  {
    const Scope scope(graph, "branches.1");
    graph.exit(linear(pool(convolve(normalise(pool(x)), 32)), {.outputs = options.classes}));
  }
  x = pool(convolve(convolve(x, 96), 64));
  const Scope scope(graph, "classifier");
  graph.exit(linear(hidden(hidden(x, 256), 128), {.outputs = options.classes}), x);
  return graph;
}

}  // namespace einet::nn

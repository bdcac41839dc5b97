#pragma once
// VGG-16 with five exits, the places that FlexDNN (Fang et al., 2020) found: after each of the first four
// pools, and the classifier.

#include <einet/nn/graph.hpp>
#include <einet/nn/networks/parts.hpp>
#include <einet/nn/networks/vgg16.hpp>

#include <algorithm>
#include <cstddef>
#include <string>

namespace einet::nn {

/// Images and classifier as in vgg16. The layers have the same names as there, but branches are numbered by
/// exit. Throws std::invalid_argument if a size is wrong or the image too small.
[[nodiscard]] inline Graph flex_vgg16(const Vgg16Options& options = {}) {
  detail::check_width("flex_vgg16", options.width);
  Graph graph(options.image);
  Map x = graph.input();
  for (std::size_t k = 0; k < detail::vgg16_convs.size(); ++k) {
    const auto [channels, pool] = detail::vgg16_convs[k];
    {
      const Scope scope(graph, "features." + std::to_string(k));
      x = conv_norm_relu(x, {.channels = detail::scaled(channels, options.width)});
      if (pool) x = max_pool(x);
    }
    if (!pool || k + 1 == detail::vgg16_convs.size()) continue;
    const Scope scope(graph, "branches." + std::to_string(graph.exits()));
    graph.exit(branch(x, options.classes, options.branch));
  }
  const std::size_t hidden = (std::max)(options.branch.hidden, detail::scaled(512, options.width));
  graph.exit(detail::vgg16_classifier(x, options.classes, hidden), x);
  return graph;
}

}  // namespace einet::nn

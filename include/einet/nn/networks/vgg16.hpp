#pragma once
// The fine-grained VGG-16 (Simonyan and Zisserman, 2015, with batch norm): thirteen convolutions, a branch
// after each, and the classifier: fourteen exits.

#include <einet/nn/graph.hpp>
#include <einet/nn/layers/dropout.hpp>
#include <einet/nn/networks/parts.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace einet::nn {

/// Images of sizes other than 32 × 32 work if five halvings leave at least one pixel.
struct Vgg16Options {
  Shape image{32, 32, 3};
  std::size_t classes = 10;
  double width = 1.;  ///< factor on the published numbers of channels
  BranchOptions branch{};
};

namespace detail {

/// The convolutions of VGG-16, and after which of them the map is halved.
struct VggConv {
  std::size_t channels;
  bool pool;
};
inline constexpr std::array<VggConv, 13> vgg16_convs{{{64, false},
                                                      {64, true},
                                                      {128, false},
                                                      {128, true},
                                                      {256, false},
                                                      {256, false},
                                                      {256, true},
                                                      {512, false},
                                                      {512, false},
                                                      {512, true},
                                                      {512, false},
                                                      {512, false},
                                                      {512, true}}};

/// VGG-16's classifier for small images: FC hidden, ReLU, dropout ½, FC classes.
inline Map vgg16_classifier(const Map& x, std::size_t classes, std::size_t hidden) {
  const Scope scope(x, "classifier");
  return linear(dropout(relu(linear(x, {.outputs = hidden}))), {.outputs = classes});
}

}  // namespace detail

/// A conv part is a convolution 3 × 3 without bias, batch norm, ReLU, and where VGG has one the 2 × 2 pool.
/// The last exit has an empty conv part: FC hidden, ReLU, dropout ½ → FC classes, where hidden is the larger
/// of the branches' and width · 512. Throws std::invalid_argument if a size is wrong or the image too small.
[[nodiscard]] inline Graph vgg16(const Vgg16Options& options = {}) {
  detail::check_width("vgg16", options.width);
  Graph graph(options.image);
  Map x = graph.input();
  for (std::size_t k = 0; k < detail::vgg16_convs.size(); ++k) {
    const auto [channels, pool] = detail::vgg16_convs[k];
    {
      const Scope scope(graph, "features." + std::to_string(k));
      x = conv_norm_relu(x, {.channels = detail::scaled(channels, options.width)});
      if (pool) x = max_pool(x);
    }
    const Scope scope(graph, "branches." + std::to_string(k));
    graph.exit(branch(x, options.classes, options.branch));
  }
  const std::size_t hidden = (std::max)(options.branch.hidden, detail::scaled(512, options.width));
  graph.exit(detail::vgg16_classifier(x, options.classes, hidden), x);
  return graph;
}

}  // namespace einet::nn

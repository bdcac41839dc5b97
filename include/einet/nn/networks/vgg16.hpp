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

/// The shape of a VGG-16.
struct Vgg16Options {
  Shape image{32, 32, 3};  ///< each side at least 32
  std::size_t classes = 10;
  double width = 1.;  ///< factor on the published numbers of channels
  BranchOptions branch{};
};

namespace detail {

/// The convolutions of VGG-16, and after which of them the map is halved.
struct VggConv {
  std::size_t channels;
  bool pool = false;
};
inline constexpr std::array<VggConv, 13> vgg16_convs{{{64},
                                                      {64, true},
                                                      {128},
                                                      {128, true},
                                                      {256},
                                                      {256},
                                                      {256, true},
                                                      {512},
                                                      {512},
                                                      {512, true},
                                                      {512},
                                                      {512},
                                                      {512, true}}};

/// Conv part k of VGG-16: a convolution 3 × 3, batch norm, ReLU, and where VGG has one the 2 × 2 pool.
inline Map vgg16_part(const Map& x, std::size_t k, double width) {
  const Scope scope(x, "features");
  // torchvision numbers convolutions, norms, ReLUs and pools in one row.
  const auto row = static_cast<std::size_t>(std::count_if(
                       vgg16_convs.begin(), vgg16_convs.begin() + static_cast<std::ptrdiff_t>(k),
                       [](VggConv c) { return c.pool; })) +
                   3 * k;
  const Map y = conv_norm_relu(x, {.channels = scaled(vgg16_convs[k].channels, width)}, std::to_string(row),
                               std::to_string(row + 1));
  return vgg16_convs[k].pool ? max_pool(y) : y;
}

/// VGG-16's classifier for small images: FC hidden, ReLU, dropout ½, FC classes, where hidden is the larger
/// of the branches' and width · 512.
inline Map vgg16_classifier(const Map& x, std::size_t classes, const BranchOptions& branch, double width) {
  const Scope scope(x, "classifier");
  const std::size_t hidden = (std::max)(branch.hidden, scaled(512, width));
  return linear(dropout(relu(linear(x, {.outputs = hidden}, "0"))), {.outputs = classes}, "3");
}

}  // namespace detail

/// VGG-16 with a branch after every convolution; a pool belongs to the convolution before it. The last exit
/// has an empty conv part: it is VGG's classifier over part 13.
///
/// Layers of the backbone are named as in torchvision's vgg16_bn (features.0, features.1, features.3, …,
/// classifier.0, classifier.3), whose convolutions have a bias that batch norm makes superfluous; branches
/// are branches.0 to branches.12. Throws std::invalid_argument naming the option that cannot be.
[[nodiscard]] inline Graph vgg16(const Vgg16Options& options = {}) {
  detail::check_network("vgg16", options, 32);
  Graph graph(options.image);
  Map x = graph.input();
  for (std::size_t k = 0; k < detail::vgg16_convs.size(); ++k) {
    x = detail::vgg16_part(x, k, options.width);
    const Scope scope(graph, "branches." + std::to_string(k));
    graph.exit(branch(x, options.classes, options.branch));
  }
  graph.exit(detail::vgg16_classifier(x, options.classes, options.branch, options.width), x);
  return graph;
}

}  // namespace einet::nn

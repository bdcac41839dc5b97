#pragma once
// ResNet-50 (He et al., 2016) with early exits: six as in the paper, or one at every residual unit.

#include <einet/nn/graph.hpp>
#include <einet/nn/layers/wiring.hpp>
#include <einet/nn/networks/parts.hpp>

#include <array>
#include <cstddef>
#include <string>

namespace einet::nn {

/// A residual unit of three convolutions, 4 · width channels out. Layers are named as in torchvision.
inline Map bottleneck(const Map& x, std::size_t width, std::size_t stride = 1) {
  Map y = conv_norm_relu(x, {.channels = width, .kernel = 1}, "conv1", "bn1");
  y = conv_norm_relu(y, {.channels = width, .stride = stride}, "conv2", "bn2");
  y = conv_norm(y, {.channels = 4 * width, .kernel = 1}, "conv3", "bn3");
  if (y.shape() == x.shape()) return relu(x + y);
  const ConvOptions project{.channels = 4 * width, .kernel = 1, .stride = stride};
  return relu(conv_norm(x, project, "downsample.0", "downsample.1") + y);
}

/// How a ResNet-50 begins.
enum class ResNetStem {
  cifar,     ///< 3 × 3, stride 1, for small images
  imagenet,  ///< 7 × 7, stride 2, and a pool of 3 × 3, stride 2
};

/// The shape of a ResNet-50.
struct ResNet50Options {
  Shape image{32, 32, 3};
  std::size_t classes = 10;
  double width = 1.;  ///< factor on the published numbers of channels
  ResNetStem stem = ResNetStem::cifar;
  bool exit_at_every_unit = false;  ///< 17 exits instead of six
  BranchOptions branch{};
};

/// Six exits: a branch after the stem and after each of the four groups of residual units, and the
/// classifier, whose conv part is empty. With `exit_at_every_unit` seventeen: a branch after each of the
/// sixteen units, and the classifier.
///
/// Layers of the backbone are named as in torchvision's resnet50 (conv1, bn1, layer1.0.conv1, fc); branches
/// are branches.0, branches.1, …. Throws std::invalid_argument naming the option that cannot be.
[[nodiscard]] inline Graph resnet50(const ResNet50Options& options = {}) {
  detail::check_network("resnet50", options, 1);
  Graph graph(options.image);
  const auto exit = [&](const Map& x) {
    const Scope scope(graph, "branches." + std::to_string(graph.exits()));
    graph.exit(branch(x, options.classes, options.branch));
  };
  const bool large = options.stem == ResNetStem::imagenet;
  const ConvOptions stem{
      .channels = detail::scaled(64, options.width), .kernel = large ? 7u : 3u, .stride = large ? 2u : 1u};
  Map x = conv_norm_relu(graph.input(), stem, "conv1", "bn1");
  if (large) x = max_pool(x, {.kernel = 3, .stride = 2, .padding = 1});
  if (!options.exit_at_every_unit) exit(x);
  constexpr std::array<std::size_t, 4> units{3, 4, 6, 3};
  for (std::size_t group = 0; group < units.size(); ++group) {
    for (std::size_t unit = 0; unit < units[group]; ++unit) {
      {
        const Scope scope(graph, "layer" + std::to_string(group + 1) + "." + std::to_string(unit));
        x = bottleneck(x, detail::scaled(std::size_t{64} << group, options.width),
                       group > 0 && unit == 0 ? 2 : 1);
      }
      if (options.exit_at_every_unit || unit + 1 == units[group]) exit(x);
    }
  }
  graph.exit(linear(global_average_pool(x), {.outputs = options.classes}, "fc"), x);
  return graph;
}

}  // namespace einet::nn

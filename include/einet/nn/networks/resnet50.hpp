#pragma once
// ResNet-50 (He et al., 2016) with early exits: after the stem and after each of its four groups of residual
// units, or after every unit. Its own layers have torchvision's names, so that its weights can be loaded.

#include <einet/nn/graph.hpp>
#include <einet/nn/layers/wiring.hpp>
#include <einet/nn/networks/parts.hpp>

#include <array>
#include <cstddef>
#include <string>

namespace einet::nn {

struct Resnet50Options {
  enum class Stem {
    cifar,    ///< convolution 3 × 3: the groups see the whole image
    imagenet  ///< convolution 7 × 7 of stride 2, pool 3 × 3 of stride 2: they see a quarter of each side
  };

  Shape image{32, 32, 3};
  std::size_t classes = 10;
  double width = 1.;  ///< factor on the published numbers of channels
  Stem stem = Stem::cifar;
  /// A branch after each of the sixteen residual units and none after the stem: with the classifier,
  /// seventeen exits and not six.
  bool branch_every_unit = false;
  BranchOptions branch{};
};

/// A residual unit: 1 × 1 → `channels`, 3 × 3, 1 × 1 → 4 · channels, added to x. Where they differ in shape,
/// x comes through a 1 × 1 convolution.
inline Map bottleneck(const Map& x, std::size_t channels, std::size_t stride = 1) {
  Map y = conv_norm_relu(x, {.channels = channels, .kernel = 1}, "conv1", "bn1");
  y = conv_norm_relu(y, {.channels = channels, .stride = stride}, "conv2", "bn2");
  y = conv_norm(y, {.channels = 4 * channels, .kernel = 1}, "conv3", "bn3");
  if (x.shape() == y.shape()) return relu(y + x);
  const ConvOptions shortcut{.channels = 4 * channels, .kernel = 1, .stride = stride};
  return relu(y + conv_norm(x, shortcut, "downsample.0", "downsample.1"));
}

/// The classifier, which is the last exit, averages each channel → FC classes; its conv part is empty. Throws
/// std::invalid_argument if a size is wrong.
[[nodiscard]] inline Graph resnet50(const Resnet50Options& options = {}) {
  constexpr std::array<std::size_t, 4> units{3, 4, 6, 3}, widths{64, 128, 256, 512};
  detail::check_width("resnet50", options.width);
  Graph graph(options.image);
  const auto exit = [&](const Map& x) {
    const Scope scope(graph, "branches." + std::to_string(graph.exits()));
    graph.exit(branch(x, options.classes, options.branch));
  };

  const bool large = options.stem == Resnet50Options::Stem::imagenet;
  const ConvOptions stem{
      .channels = detail::scaled(64, options.width), .kernel = large ? 7u : 3u, .stride = large ? 2u : 1u};
  Map x = conv_norm_relu(graph.input(), stem, "conv1", "bn1");
  if (large) x = max_pool(x, {.kernel = 3, .stride = 2, .padding = 1});
  if (!options.branch_every_unit) exit(x);

  for (std::size_t group = 0; group < units.size(); ++group) {
    for (std::size_t unit = 0; unit < units[group]; ++unit) {
      {
        const Scope scope(graph, "layer" + std::to_string(group + 1) + "." + std::to_string(unit));
        x = bottleneck(x, detail::scaled(widths[group], options.width), group > 0 && unit == 0 ? 2 : 1);
      }
      if (options.branch_every_unit || unit + 1 == units[group]) exit(x);
    }
  }
  graph.exit(linear(global_average_pool(x), {.outputs = options.classes}, "fc"), x);
  return graph;
}

}  // namespace einet::nn

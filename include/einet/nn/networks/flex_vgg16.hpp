#pragma once
// FlexVGG-16 (Fang et al., "FlexDNN", SEC 2020): VGG-16 with five exits, one after each of the first four
// pools, and the classifier.

#include <einet/nn/graph.hpp>
#include <einet/nn/networks/parts.hpp>
#include <einet/nn/networks/vgg16.hpp>

#include <cstddef>
#include <string>

namespace einet::nn {

/// What an exit of FlexVGG-16 consists of.
enum class FlexHead {
  branch,     ///< the paper's branch
  separable,  ///< FlexDNN's: depthwise-separable convolutions and one fully connected layer
};

/// The shape of a FlexVGG-16.
struct FlexVgg16Options {
  Shape image{32, 32, 3};  ///< each side at least 32
  std::size_t classes = 10;
  double width = 1.;  ///< factor on the published numbers of channels
  BranchOptions branch{};
  FlexHead head = FlexHead::branch;  ///< what the inserted exits are made of
};

/// The scores of FlexDNN's head over x, in the sizes of `options`, of which only one fully connected layer is
/// taken: average pool → depthwise-separable convolutions, the first with stride 2 → FC classes.
inline Map separable_branch(const Map& x, std::size_t classes, const BranchOptions& options = {}) {
  detail::check(options);
  Map at = pool_to(x, options.pool);
  for (std::size_t i = 0; i < options.convolutions; ++i)
    at = separable_conv(at, options.channels, i == 0 ? 2u : 1u);
  return linear(at, {.outputs = classes});
}

/// Layers are named as vgg16's; branches are branches.0 to branches.3. Throws std::invalid_argument naming
/// the option that cannot be.
[[nodiscard]] inline Graph flex_vgg16(const FlexVgg16Options& options = {}) {
  detail::check_network("flex_vgg16", options, 32);
  Graph graph(options.image);
  Map x = graph.input();
  for (std::size_t k = 0; k < detail::vgg16_convs.size(); ++k) {
    x = detail::vgg16_part(x, k, options.width);
    if (!detail::vgg16_convs[k].pool || k + 1 == detail::vgg16_convs.size()) continue;
    const Scope scope(graph, "branches." + std::to_string(graph.exits()));
    graph.exit(options.head == FlexHead::separable ? separable_branch(x, options.classes, options.branch)
                                                   : branch(x, options.classes, options.branch));
  }
  graph.exit(detail::vgg16_classifier(x, options.classes, options.branch, options.width), x);
  return graph;
}

}  // namespace einet::nn

#pragma once
// Multi-scale DenseNet (Huang et al., 2018): every layer keeps maps of several scales, finest first, and an
// exit reads the coarsest. From time to time the finest scale is dropped.

#include <einet/base/expect.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/layers/wiring.hpp>
#include <einet/nn/networks/parts.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace einet::nn {

/// Block 0 has `base` layers, every other `step`. Numbers of channels are those of a scale of factor 1.
struct MsdnetOptions {
  Shape image{32, 32, 3};
  std::size_t classes = 10;
  double width = 1.;  ///< factor on channels, growth and head_channels

  std::size_t blocks = 21;
  std::size_t base = 4;
  std::size_t step = 2;
  std::size_t channels = 16;                             ///< of the first layer
  std::size_t growth = 6;                                ///< channels that a layer adds
  std::vector<std::size_t> growth_factors{1, 2, 4};      ///< one per scale, finest first
  std::vector<std::size_t> bottleneck_factors{1, 2, 4};  ///< as many
  double reduction = .5;                                 ///< of the channels, where a scale was dropped
  std::size_t head_channels = 128;                       ///< of the two convolutions of an exit
};

/// MSDNet-21: 44 layers.
[[nodiscard]] inline MsdnetOptions msdnet21() {
  return {.blocks = 21, .base = 4, .step = 2, .channels = 16};
}
/// MSDNet-40: 43 layers.
[[nodiscard]] inline MsdnetOptions msdnet40() {
  return {.blocks = 40, .base = 4, .step = 1, .channels = 16};
}
/// MSDNet-40 with half the channels in its first layer: 41 layers.
[[nodiscard]] inline MsdnetOptions msdnet40_small() {
  return {.blocks = 40, .base = 2, .step = 1, .channels = 8};
}

/// 1 × 1 → at most factor · channels, then 3 × 3 → channels, each with batch norm and ReLU.
inline Map msdnet_conv(const Map& x, std::size_t channels, std::size_t factor, std::size_t stride = 1) {
  const std::size_t inner = (std::min)(x.shape().channels, factor * channels);
  return conv_norm_relu(conv_norm_relu(x, {.channels = inner, .kernel = 1}),
                        {.channels = channels, .stride = stride});
}

/// A layer over maps of the coarsest scales, finest first: each is joined by new channels, half of them from
/// the next finer map. The finest has none to draw on, unless it is then dropped: with `drop`, there is one
/// map fewer.
[[nodiscard]] inline std::vector<Map> msdnet_layer(const std::vector<Map>& x, const MsdnetOptions& options,
                                                   bool drop = false) {
  const std::size_t finest = options.growth_factors.size() - x.size();
  std::vector<Map> y;
  for (std::size_t i = drop ? 1 : 0; i < x.size(); ++i) {
    const std::size_t grown = options.growth * options.growth_factors[finest + i];
    const std::size_t factor = options.bottleneck_factors[finest + i];
    const Scope scope(x[i], "scale" + std::to_string(finest + i));
    if (i == 0) {
      y.push_back(concat(x[i], msdnet_conv(x[i], grown, factor)));
      continue;
    }
    const Map down = msdnet_conv(x[i - 1], grown / 2, options.bottleneck_factors[finest + i - 1], 2);
    y.push_back(concat(x[i], down, msdnet_conv(x[i], grown - grown / 2, factor)));
  }
  return y;
}

/// The scores of an exit: two convolutions 3 × 3 of stride 2 → average pool 2 × 2 (fewer pixels if there are
/// no more) → FC classes.
inline Map msdnet_head(const Map& x, const MsdnetOptions& options) {
  Map y = x;
  for (int i = 0; i < 2; ++i) y = conv_norm_relu(y, {.channels = options.head_channels, .stride = 2});
  const Extent window{(std::min)(y.shape().height, std::size_t{2}),
                      (std::min)(y.shape().width, std::size_t{2})};
  return linear(average_pool(y, {.kernel = window}), {.outputs = options.classes});
}

namespace detail {

inline void validate(const MsdnetOptions& options) {
  check_width("msdnet", options.width);
  const auto positive = [](std::size_t value, const char* field) {
    einet::detail::expect(value > 0, "msdnet", field, value, "at least 1");
  };
  positive(options.classes, "classes");
  positive(options.blocks, "blocks");
  positive(options.base, "base");
  positive(options.step, "step");
  positive(options.channels, "channels");
  positive(options.growth, "growth");
  positive(options.head_channels, "head_channels");
  positive(options.growth_factors.size(), "growth_factors.size()");
  einet::detail::expect(options.bottleneck_factors.size() == options.growth_factors.size(), "msdnet",
                        "bottleneck_factors.size()", options.bottleneck_factors.size(),
                        einet::detail::number(options.growth_factors.size()) + " as growth_factors");
  for (std::size_t i = 0; i < options.growth_factors.size(); ++i) {
    einet::detail::expect(options.growth_factors[i] > 0, "msdnet", {"growth_factors", i},
                          options.growth_factors[i], "at least 1");
    einet::detail::expect(options.bottleneck_factors[i] > 0, "msdnet", {"bottleneck_factors", i},
                          options.bottleneck_factors[i], "at least 1");
  }
  for (std::size_t i = 1; i < options.growth_factors.size(); ++i)
    einet::detail::expect(
        static_cast<double>(options.growth * options.growth_factors[i]) * options.width >= 1.5, "msdnet",
        "width", options.width, "enough for two new channels in every scale but the finest");
  einet::detail::expect(options.reduction > 0. && options.reduction <= 1., "msdnet", "reduction",
                        options.reduction, "a number in (0, 1]");
}

/// At least 1. All scales are reduced alike, so this counts channels of a scale of factor 1.
[[nodiscard]] inline std::size_t reduced(std::size_t channels, double reduction) {
  return (std::max)(std::size_t{1}, static_cast<std::size_t>(static_cast<double>(channels) * reduction));
}

/// The options with their width multiplied in.
[[nodiscard]] inline MsdnetOptions at_width(MsdnetOptions options) {
  for (std::size_t* const channels : {&options.channels, &options.growth, &options.head_channels})
    *channels = scaled(*channels, options.width);
  options.width = 1.;
  return options;
}

}  // namespace detail

/// One exit per block. Of n scales, the finest kept is dropped after each nth of the layers; the layer that
/// drops it is followed by a 1 × 1 convolution to `reduction` of the channels. Throws std::invalid_argument
/// if an option is wrong.
[[nodiscard]] inline Graph msdnet(const MsdnetOptions& wanted = {}) {
  detail::validate(wanted);
  const MsdnetOptions options = detail::at_width(wanted);
  const std::size_t scales = options.growth_factors.size();
  const std::size_t layers = options.base + (options.blocks - 1) * options.step;
  const std::size_t until_drop = (layers + scales - 1) / scales;
  Graph graph(options.image);

  std::vector<Map> x;
  for (std::size_t scale = 0; scale < scales; ++scale) {
    const Scope scope(graph, "first.scale" + std::to_string(scale));
    x.push_back(conv_norm_relu(
        scale == 0 ? graph.input() : x.back(),
        {.channels = options.channels * options.growth_factors[scale], .stride = scale == 0 ? 1u : 2u}));
  }
  for (std::size_t layer = 0; layer < layers; ++layer) {
    const bool drop = layer > 0 && layer % until_drop == 0;
    {
      const Scope scope(graph, "layers." + std::to_string(layer));
      x = msdnet_layer(x, options, drop);
    }
    for (std::size_t i = 0; drop && i < x.size(); ++i) {
      const std::size_t scale = scales - x.size() + i, factor = options.growth_factors[scale];
      const Scope scope(graph, "transitions." + std::to_string(layer) + ".scale" + std::to_string(scale));
      const std::size_t kept = detail::reduced(x[i].shape().channels / factor, options.reduction);
      x[i] = conv_norm_relu(x[i], {.channels = factor * kept, .kernel = 1});
    }
    if (layer + 1 < options.base || (layer + 1 - options.base) % options.step != 0) continue;
    const Scope scope(graph, "heads." + std::to_string(graph.exits()));
    // The last exit alone reads the last layer, which is no part of its head.
    graph.exit(msdnet_head(x.back(), options), x.back());
  }
  return graph;
}

}  // namespace einet::nn

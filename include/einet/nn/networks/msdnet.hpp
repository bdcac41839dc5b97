#pragma once
// MSDNet (Huang et al., "Multi-Scale Dense Networks for Resource Efficient Image Classification", 2018): maps
// of several scales side by side, dense connections, and a classifier after every block.

#include <einet/base/expect.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/layers/wiring.hpp>
#include <einet/nn/networks/parts.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace einet::nn {

/// One scale of an MSDNet.
struct MsdNetScale {
  Map map;
  std::size_t factor;      ///< on the channels of the finest scale
  std::size_t bottleneck;  ///< channels of a bottleneck that reads it, in multiples of what comes out
};

/// `channels` new maps of a scale: 1 × 1 to the bottleneck, then 3 × 3.
inline Map msdnet_maps(const MsdNetScale& from, std::size_t channels, std::size_t stride,
                       const std::string& name) {
  const Scope scope(from.map, name);
  const std::size_t inner = (std::min)(from.map.shape().channels, from.bottleneck * channels);
  const Map narrow = conv_norm_relu(from.map, {.channels = inner, .kernel = 1}, "conv1", "bn1");
  return conv_norm_relu(narrow, {.channels = channels, .stride = stride}, "conv2", "bn2");
}

/// A layer of MSDNet. Every scale, the finest first, is concatenated with `growth` · factor new maps: half of
/// them from the next finer scale, half from itself. The finest has all from itself; with `drop` it is only
/// read.
inline std::vector<MsdNetScale> msdnet_layer(const std::vector<MsdNetScale>& x, std::size_t growth,
                                             bool drop = false) {
  std::vector<MsdNetScale> y;
  for (std::size_t s = drop ? 1 : 0; s < x.size(); ++s) {
    const Scope scope(x[s].map, std::to_string(s));
    const std::size_t all = x[s].factor * growth, down = s > 0 ? all / 2 : 0;
    std::vector<Map> maps{x[s].map};
    if (s > 0) maps.push_back(msdnet_maps(x[s - 1], down, 2, "down"));
    maps.push_back(msdnet_maps(x[s], all - down, 1, "own"));
    y.push_back({concat(maps), x[s].factor, x[s].bottleneck});
  }
  return y;
}

/// MSDNet's own classifier: two convolutions with stride 2, a pool of 2 × 2, one fully connected layer.
inline Map msdnet_head(const Map& x, std::size_t classes, std::size_t channels = 128) {
  const Map y = conv_norm_relu(x, {.channels = channels, .stride = 2});
  const Map z = conv_norm_relu(y, {.channels = channels, .stride = 2});
  return linear(average_pool(z), {.outputs = classes});
}

/// The shape of an MSDNet.
struct MsdNetOptions {
  Shape image{32, 32, 3};
  std::size_t classes = 10;
  double width = 1.;          ///< factor on `channels` and `growth`
  std::size_t blocks = 21;    ///< exits
  std::size_t base = 4;       ///< layers of the first block, which the first layer precedes
  std::size_t step = 2;       ///< layers of every other block
  std::size_t channels = 16;  ///< of the first layer, times the scale's growth factor
  std::size_t growth = 6;     ///< channels that a layer adds, times the scale's growth factor
  std::vector<std::size_t> growth_factors{1, 2, 4};      ///< [scale], the finest first; as many scales
  std::vector<std::size_t> bottleneck_factors{1, 2, 4};  ///< [scale], see MsdNetScale
  double reduction = .5;                                 ///< of the channels, where a scale is dropped
  std::size_t head_channels = 128;                       ///< of MSDNet's own classifier
  std::optional<BranchOptions> branch{};                 ///< these instead of MSDNet's own classifiers
};

/// The paper's MSDNet of 21 blocks.
[[nodiscard]] inline MsdNetOptions msdnet21() {
  return {};
}
/// The paper's MSDNet of 40 blocks.
[[nodiscard]] inline MsdNetOptions msdnet40() {
  return {.blocks = 40, .base = 4, .step = 1, .channels = 16};
}
/// An MSDNet of 40 blocks with fewer layers and channels.
[[nodiscard]] inline MsdNetOptions narrow_msdnet40() {
  return {.blocks = 40, .base = 2, .step = 1, .channels = 8};
}

namespace detail {

inline void check(const MsdNetOptions& options) {
  constexpr const char* what = "msdnet";
  const std::size_t scales = options.growth_factors.size();
  einet::detail::expect(scales > 0 && scales <= 16, what, "growth_factors.size()", scales, "1 to 16 scales");
  // A head of MSDNet's own needs 5 pixels of the coarsest scale, so that its pool has 2.
  check_network(what, options, options.branch ? 1 : (std::size_t{4} << (scales - 1)) + 1);
  at_least(what, "blocks", options.blocks);
  at_least(what, "base", options.base);
  at_least(what, "step", options.step);
  at_least(what, "channels", options.channels);
  at_least(what, "growth", options.growth);
  if (!options.branch) at_least(what, "head_channels", options.head_channels);
  einet::detail::expect(options.bottleneck_factors.size() == scales, what, "bottleneck_factors.size()",
                        options.bottleneck_factors.size(),
                        einet::detail::number(scales) + " as there are scales");
  const std::size_t growth = scaled(options.growth, options.width);
  for (std::size_t s = 0; s < scales; ++s) {
    at_least(what, {"bottleneck_factors", s}, options.bottleneck_factors[s]);
    at_least(what, {"growth_factors", s}, options.growth_factors[s]);
    einet::detail::expect(s == 0 || options.growth_factors[s] * growth > 1, what, {"growth_factors", s},
                          options.growth_factors[s], "2 or more, as a scale grows from two");
  }
  einet::detail::expect(options.reduction > 0. && options.reduction <= 1., what, "reduction",
                        options.reduction, "a number in (0, 1]");
}

/// The first layer: every scale is a convolution of the next finer one.
inline std::vector<MsdNetScale> msdnet_first(const Map& image, std::size_t channels,
                                             const MsdNetOptions& options) {
  std::vector<MsdNetScale> x;
  for (std::size_t s = 0; s < options.growth_factors.size(); ++s) {
    const Scope scope(image, "layers.0." + std::to_string(s));
    const std::size_t factor = options.growth_factors[s];
    const Map y = conv_norm_relu(s > 0 ? x.back().map : image,
                                 {.channels = factor * channels, .stride = s > 0 ? 2u : 1u}, "conv1", "bn1");
    x.push_back({y, factor, options.bottleneck_factors[s]});
  }
  return x;
}

/// Leaves `channels` · factor of every scale.
inline void msdnet_transition(std::vector<MsdNetScale>& x, std::size_t channels) {
  for (std::size_t s = 0; s < x.size(); ++s) {
    const Scope scope(x[s].map, "transition." + std::to_string(s));
    x[s].map = conv_norm_relu(x[s].map, {.channels = x[s].factor * channels, .kernel = 1}, "conv1", "bn1");
  }
}

}  // namespace detail

/// One exit per block, over the coarsest scale. Of L layers after the first, layer l = 1, 2, … has dropped
/// ⌊(l − 1) / ⌈L / scales⌉⌋ of the finest scales; after a drop a transition, 1 × 1, reduces the channels.
/// What a block adds to finer scales only later exits need, so it is computed with the next block.
///
/// Layers are called layers.0 (the first), layers.1, …, and exits.0, exits.1, …. Throws std::invalid_argument
/// naming the option that cannot be.
[[nodiscard]] inline Graph msdnet(const MsdNetOptions& options = {}) {
  detail::check(options);
  Graph graph(options.image);
  const std::size_t scales = options.growth_factors.size();
  const std::size_t layers = options.base + (options.blocks - 1) * options.step;
  const std::size_t interval = (layers + scales - 1) / scales;
  const std::size_t growth = detail::scaled(options.growth, options.width);
  std::size_t channels = detail::scaled(options.channels, options.width);  // of scales with factor 1
  std::vector<MsdNetScale> x = detail::msdnet_first(graph.input(), channels, options);
  for (std::size_t layer = 1; layer <= layers; ++layer) {
    {
      const Scope scope(graph, "layers." + std::to_string(layer));
      const bool drop = x.size() > scales - (layer - 1) / interval;
      x = msdnet_layer(x, growth, drop);
      channels += growth;
      if (drop) {
        channels = (std::max)(std::size_t{1},
                              static_cast<std::size_t>(static_cast<double>(channels) * options.reduction));
        detail::msdnet_transition(x, channels);
      }
    }
    if (layer < options.base || (layer - options.base) % options.step != 0) continue;
    const Scope scope(graph, "exits." + std::to_string(graph.exits()));
    const Map& coarsest = x.back().map;
    graph.exit(options.branch ? branch(coarsest, options.classes, *options.branch)
                              : msdnet_head(coarsest, options.classes, options.head_channels),
               coarsest);
  }
  return graph;
}

}  // namespace einet::nn

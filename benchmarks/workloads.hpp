#pragma once
// The networks that kernels and engines are compared on, for images of 32 x 32 x 3.
// benchmarks/network/models.py has the same in PyTorch.

#include <einet/nn/graph.hpp>
#include <einet/nn/layers.hpp>
#include <einet/nn/networks/msdnet.hpp>
#include <einet/nn/networks/parts.hpp>
#include <einet/nn/networks/resnet50.hpp>
#include <einet/nn/networks/vgg16.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace einet::bench {

/// Depthwise-separable convolutions as in MobileNet (Howard et al., 2017), the stem with stride 1 for small
/// images, and an exit wherever the map is about to be halved.
[[nodiscard]] inline nn::Graph mobilenet() {
  struct Unit {
    std::size_t channels, stride;
  };
  constexpr std::array<Unit, 13> units{{{64, 1},
                                        {128, 2},
                                        {128, 1},
                                        {256, 2},
                                        {256, 1},
                                        {512, 2},
                                        {512, 1},
                                        {512, 1},
                                        {512, 1},
                                        {512, 1},
                                        {512, 1},
                                        {1024, 2},
                                        {1024, 1}}};
  nn::Graph graph({32, 32, 3});
  nn::Map x = nn::conv_norm_relu(graph.input(), {.channels = 32});
  for (std::size_t k = 0; k < units.size(); ++k) {
    if (units[k].stride > 1) graph.exit(linear(global_average_pool(x), {.outputs = 10}));
    x = nn::separable_conv(x, units[k].channels, units[k].stride);
  }
  graph.exit(linear(global_average_pool(x), {.outputs = 10}));
  return graph;
}

struct Workload {
  std::string_view name;
  nn::Graph (*make)();
};

inline constexpr std::array<Workload, 5> workloads{
    {{"vgg16", [] { return nn::vgg16(); }},
     {"vgg16_quarter", [] { return nn::vgg16({.width = .25}); }},
     {"resnet50_half", [] { return nn::resnet50({.width = .5}); }},
     {"msdnet21", [] { return nn::msdnet(nn::msdnet21()); }},
     {"mobilenet", [] { return mobilenet(); }}}};

/// @throws std::invalid_argument
[[nodiscard]] inline const Workload& workload(std::string_view name) {
  const auto found = std::ranges::find(workloads, name, &Workload::name);
  if (found != workloads.end()) return *found;
  std::string known;
  for (const Workload& one : workloads) known += (known.empty() ? "" : ", ") + std::string(one.name);
  throw std::invalid_argument("network '" + std::string(name) + "' is unknown, expected one of " + known);
}

}  // namespace einet::bench

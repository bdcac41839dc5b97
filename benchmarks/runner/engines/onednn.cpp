// einet's graph with oneDNN's convolutions.

#include "runner/engine_overhead.hpp"

#include <einet/engines/onednn.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/nn/networks/vgg16.hpp>
#include <einet/nn/training/initialise.hpp>

#include <utility>

namespace einet::bench {

void onednn_overhead(std::size_t turns) {
  nn::Graph graph = nn::vgg16();
  nn::initialise(graph, 1);
  const nn::InferenceNetwork<engine_classes> network(std::move(graph), {engines::onednn_step});
  nn::Features features = network.make_features();
  print_engine_overhead(
      "oneDNN", network, features, [image = engine_image()](nn::Features& to) { to.load(image); }, turns);
}

}  // namespace einet::bench

// einet's own graph with oneDNN's convolutions, beside einet's. The weights are those of a VGG-16 for
// CIFAR-10, for instance
//   examples/data/cifar10/vgg16/weights.safetensors

#include "images.hpp"

#include <einet/einet.hpp>
#include <einet/engines/onednn.hpp>
#include <einet/io/weights_file.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/nn/networks/vgg16.hpp>
#include <einet/profile/measure_times.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <exception>

namespace {

constexpr std::size_t exits = 14, classes = 10, compared = 100;
using Network = einet::nn::InferenceNetwork<classes>;

}  // namespace

int main(int count, char** arguments) try {
  if (count != 2) {
    std::fprintf(stderr, "usage: with_onednn WEIGHTS\n");
    return 2;
  }
  einet::nn::Graph graph =
      einet::nn::vgg16({.width = .25, .branch = {.pool = 4, .channels = 16, .fully_connected = 1}});
  einet::io::load_parameters(arguments[1], graph);
  const Network own(graph), network(graph, {einet::engines::onednn_step});
  einet::nn::Features features = own.make_features(), others = network.make_features();

  const example::TestImages images;
  float worst = 0;
  for (std::size_t sample = 0; sample < compared; ++sample) {
    features.load(images.pixels(sample));
    others.load(images.pixels(sample));
    for (std::size_t exit = 0; exit < exits; ++exit) {
      own[exit].advance(features);
      network[exit].advance(others);
      worst = (std::max)(worst, std::abs(own[exit].classify(features).confidence -
                                         network[exit].classify(others).confidence));
    }
  }
  std::printf("confidences differ by at most %.1e\n", static_cast<double>(worst));

  const auto load = [&](einet::nn::Features& to, std::size_t sample) {
    to.load(images.pixels(sample % images.count()));
  };
  const auto times = einet::measure_times<exits>(own, features, load).median;
  const auto with_onednn = einet::measure_times<exits>(network, others, load).median;
  std::printf("exit   conv part: own, oneDNN (us)   branch: own, oneDNN (us)\n");
  for (std::size_t exit = 0; exit < exits; ++exit)
    std::printf("%4zu   %14.1f %14.1f   %11.1f %14.1f\n", exit, 1e6 * times.conv[exit],
                1e6 * with_onednn.conv[exit], 1e6 * times.branch[exit], 1e6 * with_onednn.branch[exit]);
} catch (const std::exception& error) {
  std::fprintf(stderr, "with_onednn: %s\n", error.what());
  return 1;
}

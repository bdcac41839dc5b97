#include "../../catch.hpp"
#include "../random_graph.hpp"

#include <einet/nn/inference/kernel_choice.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/nn/networks/vgg16.hpp>
#include <einet/nn/training/initialise.hpp>
#include <einet/nn/training/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

using namespace einet;
using test::ContainsSubstring;

namespace {

nn::Graph quarter_vgg() {
  nn::Graph graph = nn::vgg16({.width = .25});
  nn::initialise(graph, 3);
  return graph;
}

std::vector<float> last_scores(const nn::InferenceNetwork<10>& network) {
  nn::Features features = network.make_features();
  std::vector<float> image(network.input().size());
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = nn::random_normal(5, i);
  features.load(image);
  for (const auto& block : network.blocks()) block.advance(features);
  const float* const logits = network.blocks().back().logits(features);
  return {logits, logits + 10};
}

std::vector<std::pair<std::string, nn::ConvKernel>> given_back(const nn::InferenceNetwork<10>& network) {
  std::vector<std::pair<std::string, nn::ConvKernel>> all;
  for (const nn::ChosenKernel& chosen : network.conv_kernels()) all.emplace_back(chosen.layer, chosen.kernel);
  return all;
}

/// The largest difference over the largest score.
double difference(const std::vector<float>& a, const std::vector<float>& b) {
  double most = 0, scale = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    most = (std::max)(most, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    scale = (std::max)(scale, std::abs(static_cast<double>(a[i])));
  }
  return most / scale;
}

}  // namespace

TEST_CASE("a network says which kernel computes each of its convolutions, and takes the choice back",
          "[nn][kernel_choice]") {
  const nn::Graph graph = quarter_vgg();
  const nn::InferenceNetwork<10> modelled(graph);
  const auto kernels = given_back(modelled);
  CHECK(kernels.size() == 13 + 13 * 3 + 2);
  const auto uses = [&](nn::ConvKernel kernel) {
    return std::any_of(kernels.begin(), kernels.end(), [&](const auto& one) { return one.second == kernel; });
  };
  CHECK(uses(nn::ConvKernel::winograd_4));
  CHECK(uses(nn::ConvKernel::by_taps));
  const nn::InferenceNetwork<10> again(graph, {.kernels = {.chosen = kernels}});
  CHECK(given_back(again) == kernels);
  CHECK(last_scores(again) == last_scores(modelled));
}

TEST_CASE("what is measured suits its layer and computes the same, and no other is taken without Winograd",
          "[nn][kernel_choice]") {
  const nn::Graph graph = quarter_vgg();
  const nn::InferenceNetwork<10> measured(graph, {.kernels = {.measure = true}});
  for (const nn::ChosenKernel& chosen : measured.conv_kernels()) {
    CHECK(nn::suits(chosen.kernel, chosen.shape));
    CHECK(chosen.seconds > 0);
  }
  const nn::InferenceNetwork<10> plain(graph, {.kernels = {.winograd = false}});
  for (const nn::ChosenKernel& chosen : plain.conv_kernels()) {
    CHECK(chosen.kernel != nn::ConvKernel::winograd_2);
    CHECK(chosen.kernel != nn::ConvKernel::winograd_4);
    CHECK(chosen.seconds == 0);
  }
  CHECK(difference(last_scores(plain), last_scores(measured)) < 1e-4);
}

TEST_CASE("a kernel that does not suit, or for no layer, is refused by the layer's name",
          "[nn][kernel_choice]") {
  const nn::Graph graph = quarter_vgg();
  const nn::InferenceNetwork<10> network(graph);
  const std::string last = network.conv_kernels().back().layer;
  using Network = nn::InferenceNetwork<10>;
  CHECK_THROWS_WITH((Network(graph, {.kernels = {.chosen = {{last, nn::ConvKernel::winograd_4}}}})),
                    ContainsSubstring("kernel of layer " + last + " is winograd_4"));
  CHECK_THROWS_WITH((Network(graph, {.kernels = {.chosen = {{"conv99", nn::ConvKernel::direct}}}})),
                    ContainsSubstring("kernel of layer conv99"));
}

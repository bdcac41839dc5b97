#include "catch.hpp"
#include "nn/networks/reference.hpp"
#include "nn/random_graph.hpp"
#include "nn/stop_at_poll.hpp"
#include "support.hpp"

#include <einet/engines/onednn.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/nn/layers.hpp>
#include <einet/nn/networks/b_alexnet.hpp>
#include <einet/nn/networks/flex_vgg16.hpp>
#include <einet/nn/networks/msdnet.hpp>
#include <einet/nn/networks/resnet50.hpp>
#include <einet/nn/networks/vgg16.hpp>
#include <einet/nn/networks/vit.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <thread>
#include <vector>

using namespace einet;

namespace {

struct Steps {
  std::size_t convs = 0;   // that oneDNN computes
  std::size_t copied = 0;  // of them, with a slice of a wider map
  std::size_t own = 0;     // convolutions that stayed einet's
};

template <std::size_t K>
Steps steps_of(const nn::InferenceNetwork<K>& network) {
  Steps steps;
  const auto count = [&](std::span<const nn::PlacedStep> some) {
    for (const nn::PlacedStep& placed : some) {
      const bool slice = placed.inputs.front().pitch != placed.inputs.front().shape.channels ||
                         placed.output.pitch != placed.output.shape.channels;
      if (dynamic_cast<const engines::OneDnnConv*>(placed.step.get()) != nullptr) {
        ++steps.convs;
        steps.copied += slice ? 1 : 0;
      }
      steps.own += dynamic_cast<const nn::ConvStep*>(placed.step.get()) != nullptr ? 1 : 0;
    }
  };
  for (const auto& block : network.blocks()) count(block.conv()), count(block.branch());
  return steps;
}

/// The scores of all exits before softmax.
template <std::size_t K>
std::vector<float> scores(const nn::InferenceNetwork<K>& network, std::span<const float> image) {
  nn::Features features = network.make_features();
  features.load(image);
  std::vector<float> all;
  for (const auto& block : network.blocks()) {
    block.advance(features);
    const float* const found = block.logits(features);
    all.insert(all.end(), found, found + K);
  }
  return all;
}

/// Compares oneDNN's scores with those of einet's own kernels, and says what was computed by what.
template <std::size_t K>
Steps check_equal(const nn::Graph& graph) {
  const nn::InferenceNetwork<K> own(graph), lowered(graph, {engines::onednn_step});
  const nn::Tensor images = test::hashed_images(1, graph.image());
  const std::span<const float> image(images.data(), images.size());
  const std::vector<float> truth = scores(own, image), found = scores(lowered, image);
  for (std::size_t exit = 0; exit < graph.exits(); ++exit) {
    CAPTURE(exit);
    // Not a number where all scores are 0, as some random networks' are.
    CHECK_FALSE(test::distance(std::span(found).subspan(K * exit, K), std::span(truth).subspan(K * exit, K)) >
                1e-4);
  }
  return steps_of(lowered);
}

}  // namespace

TEST_CASE("the networks compute the same with oneDNN's convolutions as with einet's", "[engines][onednn]") {
  const auto check = [](const std::string& name, nn::Graph graph) {
    CAPTURE(name);
    const Steps steps = check_equal<10>(test::filled(std::move(graph)));
    CHECK(steps.convs > 0);
    return steps;
  };
  check("b_alexnet", nn::b_alexnet({.width = .5}));
  check("vgg16", nn::vgg16({.width = .25}));
  check("flex_vgg16", nn::flex_vgg16({.width = .25, .head = nn::FlexHead::separable}));
  check("resnet50", nn::resnet50({.width = .25, .stem = nn::ResNetStem::imagenet}));
  nn::MsdNetOptions msdnet = nn::msdnet21();
  msdnet.width = .5;
  CHECK(check("msdnet21", nn::msdnet(msdnet)).copied > 0);
  check("vit", nn::vit());
}

TEST_CASE("random networks compute the same with oneDNN's convolutions", "[engines][onednn]") {
  Steps all;
  for (unsigned seed = 0; seed < test::cases(150); ++seed) {
    CAPTURE(seed);
    const Steps steps = check_equal<test::RandomGraph::classes>(test::filled(test::RandomGraph(seed).make()));
    all.convs += steps.convs;
    all.copied += steps.copied;
  }
  CHECK(all.convs > test::cases(150));
  CHECK(all.copied > 0);
}

TEST_CASE("convolutions of every kind are oneDNN's: groups, strides, dilation, padding for each side",
          "[engines][onednn]") {
  for (const nn::ConvOptions& options :
       {nn::ConvOptions{.channels = 16}, nn::ConvOptions{.channels = 16, .kernel = 1, .bias = false},
        nn::ConvOptions{.channels = 16, .stride = 2, .groups = 16},
        nn::ConvOptions{.channels = 32, .groups = 2},
        nn::ConvOptions{.channels = 5, .kernel = nn::Extent{5, 3}, .stride = nn::Extent{1, 2}},
        nn::ConvOptions{.channels = 8, .padding = nn::Padding{1, 2, 3, 0}, .dilation = 2}}) {
    nn::Graph graph({9, 11, 3});
    nn::Map x = conv(graph.input(), {.channels = 16});
    x = leaky_relu(norm(conv(x, options)));
    graph.exit(linear(x, {.outputs = 4}));
    CHECK(check_equal<4>(test::filled(std::move(graph))).convs >= 2);
  }
}

TEST_CASE("what is not a number is not hidden by oneDNN's convolutions", "[engines][onednn]") {
  nn::Graph graph({6, 6, 16});
  nn::Map x = relu(norm(conv(graph.input(), {.channels = 16})));
  graph.exit(linear(x, {.outputs = 4}));
  const nn::InferenceNetwork<4> network(test::filled(std::move(graph)), {engines::onednn_step});
  REQUIRE(steps_of(network).convs == 2);
  std::vector<float> image(6 * 6 * 16, .5f);
  image[100] = std::numeric_limits<float>::quiet_NaN();
  for (const float score : scores(network, image)) CHECK(std::isnan(score));
}

TEST_CASE("a network with oneDNN's convolutions stops between them and is shared by threads",
          "[engines][onednn]") {
  const nn::InferenceNetwork<10> network(test::filled(nn::vgg16({.width = .25})), {engines::onednn_step});
  const nn::Tensor images = test::hashed_images(1);
  const std::span<const float> image(images.data(), images.size());
  nn::Features features = network.make_features();
  features.load(image);
  std::size_t polls = 0;
  CHECK_FALSE(network[1].advance(features, test::StopAtPoll{&polls, 0}));
  CHECK(polls == 1);

  const std::vector<float> truth = scores(network, image);
  std::vector<std::vector<float>> found(3);
  std::vector<std::thread> threads;
  for (std::vector<float>& mine : found)
    threads.emplace_back([&] {
      for (int run = 0; run < 3; ++run) mine = scores(network, image);
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<float>& mine : found) CHECK(mine == truth);
}

#include "../../catch.hpp"
#include "../../counting_new.hpp"
#include "../../support.hpp"
#include "../equal_outputs.hpp"
#include "../no_allocations.hpp"
#include "../random_graph.hpp"

#include <einet/nn/inference/network.hpp>
#include <einet/nn/networks/vgg16.hpp>
#include <einet/nn/training/initialise.hpp>
#include <einet/nn/training/random.hpp>
#include <einet/run/block.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

using namespace einet;

static_assert(elastic_block<nn::ElasticBlock<10>, nn::Features, Scores<10>>);
static_assert(!elastic_block<nn::ElasticBlock<10>, std::vector<float>, Scores<10>>);
static_assert(!elastic_block<nn::ElasticBlock<10>, nn::Features, Scores<9>>);
static_assert(elastic_network<nn::InferenceNetwork<10>>);

namespace {

nn::Graph eighth_vgg(nn::Shape image = {32, 32, 1}) {
  return nn::vgg16({.image = image, .width = .125, .branch = {8, 5, 19}});
}

/// All exits' scores for one image.
template <std::size_t K>
std::vector<float> outputs_of(const nn::InferenceNetwork<K>& network, nn::Features& features,
                              std::span<const float> image) {
  std::vector<float> all;
  features.load(image);
  for (const auto& block : network.blocks()) {
    block.advance(features);
    const float* const logits = block.logits(features);
    all.insert(all.end(), logits, logits + K);
  }
  return all;
}

}  // namespace

TEST_CASE("random networks infer what their layers compute, whatever is run, run twice or stopped",
          "[nn][inference]") {
  for (unsigned seed = 1; seed <= test::cases(400); ++seed) {
    CAPTURE(seed);
    nn::Graph graph = test::random_graph(seed);
    test::check_equal_outputs<3>(graph, seed);
  }
}

TEST_CASE("chains, residual and dense networks infer what they were trained to", "[nn][inference]") {
  for (const test::SmallNetwork& small : test::small_networks()) {
    CAPTURE(small.name);
    nn::Graph graph = small.make();
    test::randomise(graph, 3);
    test::check_equal_outputs<3>(graph, 3);
  }
  for (const nn::Shape image : {nn::Shape{32, 32, 3}, nn::Shape{33, 40, 1}}) {
    nn::Graph graph = eighth_vgg(image);
    test::randomise(graph, 4);
    test::check_equal_outputs<10>(graph, 4);
  }
}

TEST_CASE("scores are the softmax of the logits", "[nn][inference]") {
  nn::Graph graph = test::residual_network();
  test::randomise(graph, 5);
  const nn::InferenceNetwork<3> network(std::as_const(graph));
  nn::Features features = network.make_features();
  const nn::Tensor image = test::random_images(1, network.input(), 6);
  features.load({image.data(), image.size()});
  for (std::size_t k = 0; k < 3; ++k) {
    network[k].advance(features);
    const Scores<3> scores = network[k].classify(features);
    std::vector<float> expected(3);
    nn::softmax({network[k].logits(features), 3}, expected);
    for (std::size_t c = 0; c < 3; ++c) CHECK_THAT(scores.scores[c], test::WithinAbs(expected[c], 1e-6));
    CHECK(network[k].classify(features) == scores);
  }
}

TEST_CASE("advancing and classifying do not allocate", "[nn][inference]") {
  for (unsigned seed = 1; seed <= test::cases(20); ++seed) {
    nn::Graph graph = test::random_graph(seed);
    const nn::InferenceNetwork<3> network(std::as_const(graph));
    test::check_no_allocations(network, std::vector<float>(network.input().size(), .25f));
  }
}

TEST_CASE("a network with another number of classes, or without exits, is refused", "[nn][inference]") {
  const nn::Graph graph = eighth_vgg();
  CHECK_THROWS_WITH(nn::InferenceNetwork<7>(graph), "inference network: classes is 10, expected 7");
  CHECK_THROWS_WITH(nn::InferenceNetwork<7>(nn::Graph({1, 1, 1})),
                    test::ContainsSubstring("graph: exits is 0"));
}

TEST_CASE("a graph that is handed over is never in memory twice", "[nn][inference]") {
  const auto made = [] {
    nn::Graph graph = nn::vgg16({.width = .25});
    nn::initialise(graph, 1);
    return graph;
  };
  nn::Graph kept = made();
  std::size_t largest = 0, all = 0;
  kept.for_each_parameter([&](const nn::Parameter& parameter) {
    largest = (std::max)(largest, 4 * parameter.weights->size());
    all += 4 * parameter.weights->size();
  });
  nn::Graph given = made();
  const nn::InferenceOptions plain{.kernels = {.winograd = false}};  // whose weights take more
  std::optional<nn::InferenceNetwork<10>> small, large;
  const std::size_t most = test::most_bytes_of([&] { small.emplace(std::move(given), plain); });
  CHECK(most < largest * 3 / 2 + all / 10);  // on top of the weights
  CHECK(test::most_bytes_of([&] { large.emplace(std::as_const(kept), plain); }) > all * 3 / 4);
  // Both hold the same, and the graph that was kept its weights.
  const nn::Tensor image = test::random_images(1, small->input(), 6);
  nn::Features a = small->make_features(), b = large->make_features();
  CHECK(4 * a.size() < all / 20);
  const std::span<const float> pixels(image.data(), image.size());
  CHECK(outputs_of(*small, a, pixels) == outputs_of(*large, b, pixels));
  CHECK(test::all_values(kept) == [&] {
    nn::Graph again = made();
    return test::all_values(again);
  }());
}

TEST_CASE("threads share a network, each with its own features", "[nn][inference]") {
  nn::Graph graph = test::dense_network();
  test::randomise(graph, 5);
  const nn::InferenceNetwork<3> network(std::move(graph));
  const nn::Tensor images = test::random_images(4, network.input(), 6);
  const auto image = [&](std::size_t i) {
    return std::span<const float>(images.data() + i * network.input().size(), network.input().size());
  };
  std::vector<std::vector<float>> truth;
  nn::Features alone = network.make_features();
  for (std::size_t i = 0; i < 4; ++i) truth.push_back(outputs_of(network, alone, image(i)));
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      nn::Features own = network.make_features();
      for (std::size_t run = 0; run < test::cases(100); ++run)
        if (outputs_of(network, own, image(i)) != truth[i]) ++wrong;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("convolutions are made by who was handed over, who sees all that is fused into them, or by einet",
          "[nn][inference]") {
  std::size_t made = 0, with_residual = 0, scaled = 0;
  const nn::ConvMaker every_second = [&](const nn::FusedConv& conv) -> std::unique_ptr<nn::Step> {
    CHECK(conv.weights.size() == conv.shape.weights());
    CHECK(conv.inputs[0].shape == conv.shape.in);
    CHECK(conv.output.shape == conv.shape.out());
    if (conv.inputs.size() > 1) CHECK(conv.inputs[1].shape == conv.output.shape);
    if (++made % 2 == 0) return nullptr;
    with_residual += conv.inputs.size() > 1 ? 1 : 0;
    scaled += conv.scale.factor.empty() ? 0 : 1;
    const nn::ConvKernel kernel = nn::fastest_kernel(conv.shape, nn::WeightsLie::in_cache);
    return std::make_unique<nn::ConvStep>(
        nn::pack_conv(kernel, conv.shape, conv.weights, conv.bias, conv.scale), conv.epilogue);
  };
  for (unsigned seed = 1; seed <= test::cases(50); ++seed) {
    CAPTURE(seed);
    nn::Graph graph = test::random_graph(seed);
    const nn::InferenceNetwork<3> own(graph), other(graph, {every_second}),
        moved(test::random_graph(seed), {every_second});
    std::vector<float> image(graph.image().size());
    for (std::size_t i = 0; i < image.size(); ++i) image[i] = nn::random_normal(seed, i);
    nn::Features features = own.make_features(), others = other.make_features(),
                 third = moved.make_features();
    const std::vector<float> truth = outputs_of(own, features, image);
    CHECK(outputs_of(other, others, image) == truth);
    CHECK(outputs_of(moved, third, image) == truth);
  }
  CHECK(with_residual > 0);
  CHECK(scaled > 0);
}

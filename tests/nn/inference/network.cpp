#include "../../counting_new.hpp"
#include "../random_graph.hpp"
#include "catch.hpp"

#include <einet/nn/inference/network.hpp>
#include <einet/nn/networks/vgg16.hpp>
#include <einet/nn/training/batch_network.hpp>
#include <einet/nn/training/initialise.hpp>
#include <einet/run/block.hpp>

#include <algorithm>
#include <limits>
#include <random>
#include <utility>
#include <vector>

using namespace einet;
using namespace einet::test;

static_assert(elastic_block<nn::ElasticBlock<10>, nn::Features, Scores<10>>);
static_assert(!elastic_block<nn::ElasticBlock<10>, std::vector<float>, Scores<10>>);
static_assert(!elastic_block<nn::ElasticBlock<10>, nn::Features, Scores<9>>);
static_assert(elastic_network<nn::InferenceNetwork<10>>);

namespace network_test {

std::vector<float> image_of(nn::Shape shape, std::uint64_t seed) {
  std::vector<float> image(shape.size());
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = nn::random_normal(seed, i);
  return image;
}

/// The logits of all exits.
template <std::size_t K>
std::vector<float> run(const nn::InferenceNetwork<K>& network, const std::vector<float>& image) {
  nn::Features features = network.make_features();
  features.load(image);
  std::vector<float> all;
  for (const auto& block : network.blocks()) {
    block.advance(features);
    const float* const logits = block.logits(features);
    all.insert(all.end(), logits, logits + K);
  }
  return all;
}

}  // namespace network_test

using namespace network_test;

TEST_CASE("an inference network equals the trained one in evaluation mode", "[nn][inference]") {
  for (const std::uint64_t seed : {1U, 2U}) {
    CAPTURE(seed);
    nn::Graph graph = nn::vgg16({.image = {32, 32, 3}, .width = .125, .branch = {8, 5, 19}});
    randomise(graph, seed);
    const nn::InferenceNetwork<10> inference(graph);
    nn::BatchNetwork trained(graph);
    nn::Tensor images;
    nn::resize(images, 2, graph.image());
    std::vector<float> single[2];
    for (std::size_t i = 0; i < 2; ++i) {
      single[i] = image_of(graph.image(), 10 * seed + i);
      std::copy(single[i].begin(), single[i].end(), images.data() + i * graph.image().size());
    }
    trained.forward(images);
    for (std::size_t i = 0; i < 2; ++i) {
      const std::vector<float> logits = run(inference, single[i]);
      for (std::size_t k = 0; k < graph.exits(); ++k) {
        const auto truth = trained.scores(k).subspan(i * 10, 10);
        float scale = 1;
        for (const float score : truth) scale = (std::max)(scale, std::abs(score));
        for (std::size_t c = 0; c < 10; ++c) {
          const float difference = std::abs(truth[c] - logits[k * 10 + c]);
          if (!(difference <= 1e-4f * scale)) FAIL(i << ' ' << k << ' ' << difference << ' ' << scale);
        }
      }
    }
  }
}

TEST_CASE("classify is the softmax of the logits", "[nn][inference]") {
  nn::Graph graph = dense_network();
  randomise(graph, 4);
  const nn::InferenceNetwork<3> inference(graph);
  nn::Features features = inference.make_features();
  features.load(image_of(graph.image(), 5));
  for (const auto& block : inference.blocks()) {
    block.advance(features);
    std::vector<float> expected(3);
    nn::softmax({block.logits(features), 3}, expected);
    const Scores<3> scores = block.classify(features);
    for (std::size_t c = 0; c < 3; ++c) CHECK(std::abs(scores.scores[c] - expected[c]) < 1e-5f);
    CHECK(block.classify(features) == scores);
  }
}

TEST_CASE("loading, advancing and classifying do not allocate", "[nn][inference]") {
  for (auto* const make : {+[] { return small_network(); }, &residual_network, &dense_network}) {
    nn::Graph graph = make();
    const nn::InferenceNetwork<3> inference(graph);
    nn::Features features = inference.make_features();
    const std::vector<float> image(graph.image().size(), .25f);
    float sum = 0;
    const std::size_t before = allocations();
    features.load(image);
    for (const auto& block : inference.blocks()) {
      block.advance(features);
      sum += block.classify(features).confidence;
    }
    CHECK(allocations() == before);
    CHECK(sum > 0);
  }
}

TEST_CASE("a graph that is moved in gives its weights' memory back, and infers the same", "[nn][inference]") {
  nn::Graph graph = residual_network();
  randomise(graph, 6);
  const std::vector<float> image = image_of(graph.image(), 7);
  const std::vector<float> kept = run(nn::InferenceNetwork<3>(graph), image);
  const std::vector<float> values = all_values(graph);
  const nn::InferenceNetwork<3> again(graph);
  CHECK(all_values(graph) == values);
  const nn::InferenceNetwork<3> moved(std::move(graph));
  CHECK(run(again, image) == kept);
  CHECK(run(moved, image) == kept);
  graph.for_each_parameter([](const nn::Parameter& parameter) {  // NOLINT: only its weights are gone
    const float first = parameter.weights->values()[0];
    CHECK((first == 0.f || first == 1.f));
  });
}

TEST_CASE("a NaN in the image is in every exit's answer", "[nn][inference]") {
  for (auto* const make : {+[] { return small_network(); }, &residual_network, &dense_network}) {
    nn::Graph graph = make();
    randomise(graph, 8);
    std::vector<float> image = image_of(graph.image(), 9);
    image[image.size() / 2] = std::numeric_limits<float>::quiet_NaN();
    for (const float logit : run(nn::InferenceNetwork<3>(graph), image)) CHECK(std::isnan(logit));
  }
}

TEST_CASE("a network with another number of classes is refused with both numbers", "[nn][inference]") {
  nn::Graph graph = small_network();
  CHECK_THROWS_WITH(nn::InferenceNetwork<7>{graph}, ContainsSubstring("3") && ContainsSubstring("7"));
  nn::Graph none(nn::Shape{2, 2, 1});
  CHECK_THROWS_AS(nn::InferenceNetwork<7>{none}, std::invalid_argument);
}

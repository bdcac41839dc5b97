#include "../counting_new.hpp"
#include "../support.hpp"
#include "catch.hpp"

#include <einet/nn/elastic_block.hpp>
#include <einet/nn/inference_network.hpp>
#include <einet/nn/inference_step.hpp>
#include <einet/nn/inference_steps.hpp>
#include <einet/nn/initialise.hpp>
#include <einet/nn/vgg16.hpp>
#include <einet/run/block.hpp>

#include <algorithm>
#include <random>
#include <vector>

using namespace einet;
using namespace einet::test;

static_assert(elastic_block<nn::ElasticBlock<10>, nn::Features, Scores<10>>);
static_assert(!elastic_block<nn::ElasticBlock<10>, std::vector<float>, Scores<10>>);
static_assert(!elastic_block<nn::ElasticBlock<10>, nn::Features, Scores<9>>);
static_assert(elastic_network<nn::InferenceNetwork<10>>);

namespace {

/// Random weights of any layer, and batch-norm statistics that are far from the identity.
void randomise(nn::MultiExitNetwork& trained, unsigned seed) {
  nn::initialise(trained, seed);
  std::mt19937 random{seed};
  std::uniform_real_distribution<float> uniform{-0.5f, 0.5f}, positive{0.5f, 2.0f};
  trained.for_each_trained([&](const nn::Parameter& parameter) {
    if (parameter.shape.size() > 1) return;
    const bool scale = parameter.name.ends_with("weight") || parameter.name.ends_with("running_var");
    for (float& value : parameter.values) value = scale ? positive(random) : uniform(random);
  });
}

template <std::size_t K>
void check_equal(nn::MultiExitNetwork& trained, unsigned seed) {
  CAPTURE(seed);
  randomise(trained, seed);
  const nn::InferenceNetwork<K> inference{trained};
  REQUIRE(inference.size() == trained.exits());
  nn::Features features = inference.make_features();
  nn::Tensor images =
      nn::Tensor::from_shape({2, trained.input.height, trained.input.width, trained.input.channels});
  std::mt19937 random{seed};
  std::normal_distribution<float> normal;
  std::generate(images.data(), images.data() + images.size(), [&] { return normal(random); });
  nn::Workspace workspace;
  trained.forward(images, nn::Pass{&workspace});
  for (std::size_t image = 0; image < 2; ++image) {
    CAPTURE(image);
    const std::size_t size = trained.input.size();
    features.load({images.data() + image * size, size});
    for (std::size_t k = 0; k < inference.size(); ++k) {
      CAPTURE(k);
      inference[k].advance(features);
      const float* const truth = trained.scores(k).data() + image * K;
      const float* const logits = inference[k].logits(features);
      float scale = 1;
      for (std::size_t c = 0; c < K; ++c) scale = (std::max)(scale, std::abs(truth[c]));
      float error = 0;
      for (std::size_t c = 0; c < K; ++c) error = (std::max)(error, std::abs(truth[c] - logits[c]));
      CHECK(error / scale < 1e-4f);
      std::vector<float> probabilities(K);
      nn::softmax({truth, K}, probabilities);
      const Scores<K> scores = inference[k].classify(features);
      CHECK(inference[k].classify(features) == scores);
      float difference = 0;
      for (std::size_t c = 0; c < K; ++c) {
        difference = (std::max)(difference, std::abs(probabilities[c] - scores.scores[c]));
      }
      CHECK(difference < 1e-4f * scale);
    }
  }
}

nn::MultiExitNetwork small_vgg(nn::Shape input = {32, 32, 1}) {
  return nn::make_vgg16({input, 0.125, 10, {8, 5, 19}});
}

}  // namespace

TEST_CASE("an inference network equals the trained one in evaluation mode", "[nn][inference]") {
  for (unsigned seed = 1; seed <= cases(4); ++seed) {
    nn::MultiExitNetwork trained = small_vgg(seed % 2 == 0 ? nn::Shape{32, 32, 3} : nn::Shape{33, 40, 1});
    check_equal<10>(trained, seed);
  }
}

TEST_CASE("layers in unusual order are folded correctly or not at all", "[nn][inference]") {
  using namespace nn;
  MultiExitNetwork trained{{9, 7, 2}, 3, {}};
  // Norm first; rectifier before norm; norm twice; pool between convolution and rectifier; dropout between.
  Sequential conv{BatchNorm{2},
                  Relu{},
                  Conv2d{{{9, 7, 2}, 5, 3, 1, 1}},
                  Relu{},
                  BatchNorm{5},
                  BatchNorm{5},
                  Conv2d{{{9, 7, 5}, 6, 5, 2, 2}, false},
                  Dropout{},
                  BatchNorm{6},
                  BatchNorm{6},
                  MaxPool{3, 2, 1},
                  Relu{}};
  trained.blocks.push_back(
      {conv, Sequential{Relu{}, Flatten{}, Linear{3 * 2 * 6, 4, false}, BatchNorm{4}, Relu{}, Linear{4, 3}}});
  trained.blocks.push_back(
      {Sequential{}, Sequential{AdaptiveAveragePool{1}, Conv2d{{{1, 1, 6}, 3, 3, 1, 1}}}});
  trained.validate();
  for (unsigned seed = 1; seed <= 3; ++seed) check_equal<3>(trained, seed);
}

TEST_CASE("advancing and classifying do not allocate", "[nn][inference]") {
  nn::MultiExitNetwork trained = small_vgg();
  randomise(trained, 5);
  const nn::InferenceNetwork<10> inference{trained};
  nn::Features features = inference.make_features();
  const std::vector<float> image(trained.input.size(), 0.25f);
  float sum = 0;
  const std::size_t before = allocations();
  features.load(image);
  for (std::size_t k = 0; k < inference.size(); ++k) {
    inference[k].advance(features);
    sum += inference[k].classify(features).confidence;
  }
  CHECK(allocations() == before);
  CHECK(sum > 0);
}

TEST_CASE("batch norm and dropout leave no step", "[nn][inference]") {
  nn::MultiExitNetwork trained = small_vgg();
  const nn::InferenceNetwork<10> inference{trained};
  CHECK(inference[0].conv().size() == 1);
  CHECK(inference[1].conv().size() == 2);
  CHECK(inference[13].conv().empty());
  CHECK(inference[13].branch().size() == 2);
}

TEST_CASE("a network with another number of classes is refused with both numbers", "[nn][inference]") {
  const nn::MultiExitNetwork trained = small_vgg();
  CHECK_THROWS_WITH(nn::InferenceNetwork<7>{trained}, ContainsSubstring("10") && ContainsSubstring("7"));
}

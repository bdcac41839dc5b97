#include "../../support.hpp"
#include "../random_graph.hpp"
#include "catch.hpp"

#include <einet/nn/inference/network.hpp>
#include <einet/nn/training/batch_network.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <random>
#include <vector>

using namespace einet;
using namespace einet::test;

namespace lowering_test {

struct Truth {
  nn::Tensor image;
  std::vector<std::vector<float>> scores;  // [exit][class]

  Truth(nn::Graph& graph, std::uint64_t seed) {
    nn::resize(image, 1, graph.image());
    for (std::size_t i = 0; i < image.size(); ++i) image.data()[i] = nn::random_normal(seed, i);
    nn::BatchNetwork network(graph, std::make_unique<nn::OneWorker>());
    network.forward(image);
    for (std::size_t k = 0; k < graph.exits(); ++k) {
      const auto row = network.scores(k);
      scores.emplace_back(row.begin(), row.end());
    }
  }
};

double error(const float* logits, const std::vector<float>& truth) {
  if (logits == nullptr) return 1e30;
  double largest = 0, scale = 1;
  for (std::size_t c = 0; c < truth.size(); ++c) {
    const double difference = std::abs(double{logits[c]} - double{truth[c]});
    if (!(difference <= largest)) largest = difference;
    scale = (std::max)(scale, std::abs(double{truth[c]}));
  }
  return largest / scale;
}

/// Runs any subset of the branches, some twice, and some after a stop within them.
void check(nn::Graph& graph, std::mt19937& random) {
  randomise(graph, random());
  const Truth truth(graph, random());
  const nn::InferenceNetwork<3> inference(graph);
  REQUIRE(inference.size() == graph.exits());
  nn::Features features = inference.make_features();
  std::fill_n(features.maps(), features.size(), 1e30f);
  for (int run = 0; run < 4; ++run) {
    features.load({truth.image.data(), truth.image.size()});
    for (std::size_t k = 0; k < inference.size(); ++k) {
      CAPTURE(run, k);
      inference[k].advance(features);
      const auto times = run == 0 ? 1U : random() % 3;
      for (std::size_t i = 0; i < times; ++i)
        CHECK(error(inference[k].logits(features), truth.scores[k]) < 1e-4);
      if (run > 1) {
        for (std::size_t steps = 0; steps < inference[k].branch().size(); ++steps) {
          // Half a branch, as a stop leaves it.
          nn::PacedStop never;
          for (std::size_t s = 0; s < steps; ++s) {
            const nn::PlacedStep& placed = inference[k].branch()[s];
            static_cast<void>(
                placed.step->run({features.maps(), placed.inputs, placed.output, features.scratch()}, never));
          }
          if (run == 3) CHECK(error(inference[k].logits(features), truth.scores[k]) < 1e-4);
        }
      }
    }
  }
}

using Build = std::function<void(nn::Graph&)>;

/// Checks a graph over 5×4×3 images; returns the number of its steps.
std::size_t steps(const Build& build) {
  std::mt19937 random{7};
  nn::Graph graph(nn::Shape{5, 4, 3});
  build(graph);
  check(graph, random);
  const nn::InferenceNetwork<3> inference(graph);
  std::size_t count = 0;
  for (const auto& block : inference.blocks()) count += block.conv().size() + block.branch().size();
  return count;
}

nn::Map head(const nn::Map& x) {
  return linear(x, {.outputs = 3});
}

}  // namespace lowering_test

using namespace lowering_test;

TEST_CASE("a random graph infers what it is evaluated to, whichever branches run", "[nn][lowering]") {
  for (std::size_t i = 0; i < cases(300); ++i) {
    const auto seed = static_cast<unsigned>(1000 + i);
    CAPTURE(seed);
    std::mt19937 random{seed};
    nn::Graph graph = random_graph(random, 4 + random() % 16, 1 + random() % 4);
    check(graph, random);
  }
}

TEST_CASE("networks of each wiring infer what they are evaluated to", "[nn][lowering]") {
  std::mt19937 random{3};
  for (auto* const make : {+[] { return small_network(.5f); }, &residual_network, &dense_network}) {
    nn::Graph graph = make();
    check(graph, random);
  }
}

TEST_CASE("norm, activation and residual sum leave no step of their own", "[nn][lowering]") {
  CHECK(steps([](nn::Graph& g) { g.exit(head(relu(norm(conv(g.input(), {.channels = 4}))))); }) == 2);
  CHECK(steps([](nn::Graph& g) {
          const nn::Map x = conv(g.input(), {.channels = 4});
          g.exit(head(relu(norm(conv(x, {.channels = 4})) + x)));
        }) == 3);
  CHECK(steps([](nn::Graph& g) {
          const nn::Map x = relu(conv(g.input(), {.channels = 4}));
          g.exit(head(silu(x + norm(conv(x, {.channels = 4})))));
        }) == 3);
  CHECK(steps([](nn::Graph& g) {  // a projection: the later convolution adds the earlier one's map
          const nn::Map x = conv(g.input(), {.channels = 4});
          g.exit(head(relu(norm(conv(x, {.channels = 5})) + norm(conv(x, {.channels = 5, .kernel = 1})))));
        }) == 4);
  CHECK(steps([](nn::Graph& g) { g.exit(head(dropout(relu(norm(g.input()))))); }) == 2);
  CHECK(steps([](nn::Graph& g) {
          const nn::Map x = conv(g.input(), {.channels = 4});
          g.exit(head(concat(x, conv(x, {.channels = 2}), conv(x, {.channels = 3}))));
        }) == 4);  // a concatenation is free
}

TEST_CASE("what cannot be fused is not", "[nn][lowering]") {
  CHECK(steps([](nn::Graph& g) {
          const nn::Map x = conv(g.input(), {.channels = 4});
          g.exit(head(x + x));
        }) == 3);
  CHECK(steps([](nn::Graph& g) {  // the other side is computed later
          const nn::Map x = conv(g.input(), {.channels = 3}), y = norm(relu(g.input()));
          g.exit(head(x + y));
        }) == 5);
  CHECK(steps([](nn::Graph& g) {  // scores are asked for before their activation
          const nn::Map scores = head(g.input());
          g.exit(scores);
          g.exit(head(relu(scores)));
        }) == 3);
  CHECK(steps([](nn::Graph& g) {  // a norm of what another reads, too
          const nn::Map x = conv(g.input(), {.channels = 4});
          g.exit(head(concat(x, norm(x))));
        }) == 3);
  CHECK(steps([](nn::Graph& g) { g.exit(head(norm(relu(conv(g.input(), {.channels = 4}))))); }) == 3);
  CHECK(steps([](nn::Graph& g) { g.exit(head(relu(norm(norm(conv(g.input(), {.channels = 4})))))); }) == 3);
  CHECK(steps([](nn::Graph& g) { g.exit(head(relu(relu6(conv(g.input(), {.channels = 4}))))); }) == 3);
  CHECK(steps([](nn::Graph& g) {  // the activation is the branch's, the convolution is not
          const nn::Map x = conv(g.input(), {.channels = 4});
          g.exit(head(relu(x)));
          g.exit(head(x));
        }) == 4);
  CHECK(steps([](nn::Graph& g) {  // both branches read the activation
          const nn::Map x = relu(conv(g.input(), {.channels = 4}));
          g.exit(head(x));
          g.exit(head(x));
        }) == 3);
  CHECK(steps([](nn::Graph& g) {  // a sum of a sum: one of them rides on the convolution
          const nn::Map x = conv(g.input(), {.channels = 4});
          g.exit(head(nn::sum({x, conv(x, {.channels = 4}), sigmoid(x)})));
        }) == 5);
}

TEST_CASE("a map that must lie in two places is copied, and only then", "[nn][lowering][placement]") {
  CHECK(steps([](nn::Graph& g) {
          const nn::Map x = conv(g.input(), {.channels = 2}), y = conv(x, {.channels = 3});
          g.exit(head(concat(x, y) * sigmoid(concat(y, x))));
        }) == 2 + 2 + 1 + 1 + 1);
  CHECK(steps([](nn::Graph& g) {
          const nn::Map x = conv(g.input(), {.channels = 2});
          g.exit(head(concat(x, x)));
        }) == 3);
  CHECK(steps([](nn::Graph& g) { g.exit(head(concat(g.input(), conv(g.input(), {.channels = 2})))); }) == 2);
  CHECK(steps([](nn::Graph& g) {  // concatenations within concatenations
          nn::Map x = conv(g.input(), {.channels = 2});
          for (int i = 0; i < 3; ++i) x = concat(x, conv(x, {.channels = 2}));
          g.exit(head(concat(conv(x, {.channels = 1}), x)));
        }) == 6);
  CHECK(steps([](nn::Graph& g) {  // the branch copies, since the conv part's concatenation chooses first
          const nn::Map x = conv(g.input(), {.channels = 2});
          g.exit(head(concat(conv(x, {.channels = 3}), x)));
          const nn::Map y = concat(x, conv(x, {.channels = 5}));
          g.exit(head(y));
          g.exit(head(relu(y)));
        }) == 1 + 3 + 1 + 1 + 2);
}

TEST_CASE("scores may be a map of the conv part, shared, or without any layer", "[nn][lowering]") {
  steps([](nn::Graph& g) {
    const nn::Map scores = head(g.input());
    g.exit(scores);
    g.exit(scores);
    g.exit(head(conv(g.input() * scores, {.channels = 4})));
  });
  steps([](nn::Graph& g) {
    const nn::Map x = global_average_pool(g.input());
    g.exit(dropout(x));
    g.exit(concat(linear(x, {.outputs = 1}), linear(x, {.outputs = 2})));
    g.exit(head(concat(x, linear(x, {.outputs = 4}))));
  });
  nn::Graph graph(nn::Shape{1, 1, 3});
  graph.exit(graph.input());
  const nn::InferenceNetwork<3> inference(graph);
  nn::Features features = inference.make_features();
  const std::vector<float> image{1, 2, 3};
  features.load(image);
  inference[0].advance(features);
  CHECK(error(inference[0].logits(features), image) == 0);
}

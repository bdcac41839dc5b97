#include "../fixture.hpp"
#include "../random_graph.hpp"
#include "catch.hpp"

#include <einet/nn/training/batch_network.hpp>
#include <einet/nn/training/initialise.hpp>
#include <einet/nn/training/joint_trainer.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <tbb/global_control.h>

using namespace einet;
using test::difference;

namespace batch_network_test {

nn::Tensor images_for(const nn::Graph& graph, std::size_t batch, std::uint64_t seed) {
  nn::Tensor images;
  nn::resize(images, batch, graph.image());
  for (std::size_t i = 0; i < images.size(); ++i) images.data()[i] = nn::random_normal(seed, i);
  return images;
}

std::vector<std::int32_t> labels_for(std::size_t batch) {
  std::vector<std::int32_t> labels(batch);
  for (std::size_t i = 0; i < batch; ++i) labels[i] = static_cast<std::int32_t>(i % 3);
  return labels;
}

/// Gradients of the arrays whose names begin so.
std::vector<float> gradients_of(nn::BatchNetwork& network, const std::string& prefix = "") {
  std::vector<float> all;
  network.for_each_trained([&](const nn::Parameter& parameter, std::span<float> gradient) {
    if (parameter.name.starts_with(prefix)) all.insert(all.end(), gradient.begin(), gradient.end());
  });
  return all;
}

bool zeros(const std::vector<float>& values) {
  return !values.empty() && std::all_of(values.begin(), values.end(), [](float v) { return v == 0.f; });
}

/// Along the gradient itself the loss must change by its squared length: one number per array.
void check_gradients(nn::Graph& graph, double tolerance, double distance = 1e-3) {
  nn::BatchNetwork network(graph);
  const nn::Tensor images = images_for(graph, 16, 4);
  const std::vector<std::int32_t> labels = labels_for(16);
  std::vector<float> weights;
  for (std::size_t k = 0; k < graph.exits(); ++k) weights.push_back(.2f + .3f * static_cast<float>(k));
  const nn::Pass pass{true, 11};
  static_cast<void>(network.differentiate(images, labels, weights, pass));
  std::vector<nn::Parameter> parameters;
  std::vector<std::vector<float>> gradients;
  network.for_each_trained([&](const nn::Parameter& parameter, std::span<float> gradient) {
    parameters.push_back(parameter);
    gradients.emplace_back(gradient.begin(), gradient.end());
  });
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    double squared = 0.;
    for (const float slope : gradients[p]) squared += static_cast<double>(slope) * static_cast<double>(slope);
    const std::span<float> values = parameters[p].weights->values();
    const std::vector<float> kept(values.begin(), values.end());
    const auto loss_at = [&](double by) {
      for (std::size_t i = 0; i < kept.size(); ++i)
        values[i] =
            kept[i] + static_cast<float>(by * static_cast<double>(gradients[p][i]) / std::sqrt(squared));
      return network.differentiate(images, labels, weights, pass).loss;
    };
    // A bias before a norm has none.
    if (std::sqrt(squared) < 1e-5) continue;
    const double numeric = (loss_at(distance) - loss_at(-distance)) / (2 * distance);
    std::copy(kept.begin(), kept.end(), values.begin());
    INFO(parameters[p].name);
    // Rounding and kinks of ReLU weigh more where the gradient is small.
    CHECK(std::abs(numeric - std::sqrt(squared)) <= tolerance * std::sqrt(squared) + 1.5e-3);
  }
}

}  // namespace batch_network_test

using namespace batch_network_test;

TEST_CASE("joint loss, all gradients and two SGD steps equal PyTorch's", "[nn][batch_network][pytorch]") {
  const test::Fixture fixture("network");
  nn::Graph graph = test::small_network();
  std::size_t arrays = 0;
  graph.for_each_parameter([&](const nn::Parameter& parameter) {
    INFO(parameter.name);
    const test::Array& start = fixture["start." + parameter.name];
    REQUIRE(parameter.weights->shape() == start.shape);
    std::copy(start.values.begin(), start.values.end(), parameter.weights->values().begin());
    ++arrays;
  });
  CHECK(arrays == 2 * 5 + 2 * 9 + 4);

  nn::JointTrainer trainer(graph, {4, {.9f, 5e-4f}, nn::constant_rate(.1), 1});
  for (const std::string step : {"step0.", "step1."}) {
    INFO(step);
    const nn::JointLoss joint = trainer.step(fixture.tensor(step + "images"), fixture.labels(step + "labels"),
                                             fixture["weights"].values, 0, .1);
    CHECK_THAT(joint.loss, test::WithinRel(static_cast<double>(fixture[step + "loss"].values[0]), 1e-5));
    if (step == "step1.") continue;
    trainer.network().for_each_trained([&](const nn::Parameter& parameter, std::span<float> gradient) {
      INFO(parameter.name);
      CHECK(difference(gradient, fixture["gradient." + parameter.name].values) < 1e-5);
    });
  }
  graph.for_each_parameter([&](const nn::Parameter& parameter) {
    INFO(parameter.name);
    CHECK(difference(parameter.weights->values(), fixture["end." + parameter.name].values) < 2e-5);
  });
  trainer.for_each_state(
      [&](const std::string& name, std::span<const std::size_t>, std::span<const float> values) {
        INFO(name);
        CHECK(difference(values, fixture[name].values) < 2e-5);
      });

  trainer.network().forward(fixture.tensor("step0.images"));
  for (std::size_t k = 0; k < 3; ++k)
    CHECK(difference(trainer.network().scores(k), fixture["eval.scores" + std::to_string(k)].values) < 5e-5);
}

TEST_CASE("the joint loss's gradients agree with finite differences, whatever the wiring",
          "[nn][batch_network]") {
  for (auto* const make :
       {+[] { return test::small_network(.5f); }, &test::residual_network, &test::dense_network}) {
    nn::Graph graph = make();
    nn::initialise(graph, 3);
    check_gradients(graph, .02);
  }
}

TEST_CASE("the same map read twice by one layer, by several and by an exit gets all their gradients",
          "[nn][batch_network]") {
  nn::Graph graph(nn::Shape{4, 3, 2});
  const nn::Map x = conv(graph.input(), {.channels = 3});
  const nn::Map y = silu(x + x) * sigmoid(x);
  const nn::Map scores = linear(concat(y, x, y), {.outputs = 3});
  graph.exit(scores);
  graph.exit(linear(sigmoid(scores) + scores, {.outputs = 3}));
  graph.exit(scores);
  nn::initialise(graph, 3);
  check_gradients(graph, .01);
}

TEST_CASE("gradients are the same bits with one worker and with several threads", "[nn][batch_network]") {
  for (auto* const make :
       {+[] { return test::small_network(.5f); }, &test::residual_network, &test::dense_network}) {
    std::vector<std::vector<float>> all;
    for (const std::size_t threads : {0U, 1U, 4U}) {
      const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                      (std::max)(threads, std::size_t{1}));
      nn::Graph graph = make();
      nn::initialise(graph, 1);
      std::unique_ptr<nn::Workers> workers;
      if (threads == 0) {
        workers = std::make_unique<nn::OneWorker>();
      } else {
        workers = std::make_unique<nn::TbbWorkers>();
      }
      nn::BatchNetwork network(graph, std::move(workers));
      const nn::Tensor images = images_for(graph, 50, 2);
      static_cast<void>(
          network.differentiate(images, labels_for(50), std::vector<float>(graph.exits(), 1.f), {true, 3}));
      all.push_back(gradients_of(network));
      for (const float value : test::all_values(graph)) all.back().push_back(value);
    }
    CHECK(all[0] == all[1]);
    CHECK(all[0] == all[2]);
  }
}

TEST_CASE("an exit of weight 0 leaves the gradients of a network that does not have it",
          "[nn][batch_network]") {
  nn::Graph graph = test::small_network();
  nn::initialise(graph, 5);
  nn::BatchNetwork network(graph);
  const nn::Tensor images = images_for(graph, 9, 6);
  const std::vector<std::int32_t> labels = labels_for(9);
  const nn::Pass pass{true, 0};
  // Gradients of every exit are left over, and must not be taken for those of the next pass.
  static_cast<void>(network.differentiate(images, labels, std::vector<float>{1.f, 1.f, 1.f}, pass));
  const nn::JointLoss joint = network.differentiate(images, labels, std::vector<float>{.7f, 0.f, 0.f}, pass);
  CHECK(joint.correct[1] + joint.correct[2] == 0);
  CHECK(zeros(gradients_of(network, "blocks.1.")));
  CHECK(zeros(gradients_of(network, "blocks.2.")));
  const std::vector<float> only_first = gradients_of(network, "blocks.0.");
  CHECK_FALSE(zeros(only_first));
  static_cast<void>(network.differentiate(images, labels, std::vector<float>{.7f, 1e-12f, 1e-12f}, pass));
  CHECK(difference(gradients_of(network, "blocks.0."), only_first) < 1e-6);

  static_cast<void>(network.differentiate(images, labels, std::vector<float>{1e-12f, 1e-12f, 1.f}, pass));
  const std::vector<float> conv = gradients_of(network, "blocks.1.conv.");
  static_cast<void>(network.differentiate(images, labels, std::vector<float>{0.f, 0.f, 1.f}, pass));
  CHECK(difference(gradients_of(network, "blocks.1.conv."), conv) < 1e-6);
  CHECK_FALSE(zeros(conv));
  CHECK(zeros(gradients_of(network, "blocks.0.branch.")));
  CHECK(zeros(gradients_of(network, "blocks.1.branch.")));
}

TEST_CASE("a graph that grows can be run by a second network, and the first stays right",
          "[nn][batch_network]") {
  // A norm that absorbs its ReLU in the first network has another reader in the second.
  const auto grown = [](nn::Graph& graph, const nn::Map& before) {
    graph.exit(linear(before, {.outputs = 3}, "late"));
  };
  const auto begun = [](nn::Graph& graph) {
    const nn::Map x = norm(conv(graph.input(), {.channels = 4}));
    graph.exit(linear(relu(x), {.outputs = 3}));
    return x;
  };
  nn::Graph graph(nn::Shape{4, 3, 2}), fresh(nn::Shape{4, 3, 2});
  const nn::Map x = begun(graph);
  const nn::Tensor images = images_for(graph, 6, 1);
  { nn::BatchNetwork first(graph); }
  grown(graph, x);
  grown(fresh, begun(fresh));
  nn::initialise(graph, 1);
  nn::initialise(fresh, 1);
  nn::BatchNetwork second(graph), expected(fresh);
  const std::vector<float> weights{1.f, 1.f};
  const double loss = second.differentiate(images, labels_for(6), weights, {true, 0}).loss;
  CHECK(loss == expected.differentiate(images, labels_for(6), weights, {true, 0}).loss);
  CHECK(gradients_of(second) == gradients_of(expected));
}

TEST_CASE("images, weights and labels that do not fit are refused", "[nn][batch_network]") {
  nn::Graph none(nn::Shape{2, 2, 1});
  CHECK_THROWS_AS(nn::BatchNetwork(none), std::invalid_argument);
  nn::Graph graph = test::small_network();
  nn::BatchNetwork network(graph);
  const nn::Tensor images = images_for(graph, 2, 4);
  const std::vector<float> weights{1.f, 1.f, 1.f};
  const std::vector<std::int32_t> labels{0, 1};
  CHECK_THROWS_WITH(network.differentiate(images, labels, std::vector<float>{1.f}, {}),
                    test::ContainsSubstring("weights.size() is 1, expected 3"));
  CHECK_THROWS_WITH(network.differentiate(images, std::vector<std::int32_t>{0}, weights, {}),
                    test::ContainsSubstring("labels.size() is 1, expected 2"));
  CHECK_THROWS_WITH(network.differentiate(images, std::vector<std::int32_t>{0, 3}, weights, {}),
                    test::ContainsSubstring("labels[1] is 3"));
  CHECK_THROWS_AS(network.forward(images_for(nn::Graph(nn::Shape{6, 8, 2}), 2, 1)), std::invalid_argument);
}

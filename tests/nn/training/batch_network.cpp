#include "catch.hpp"
#include "fixture.hpp"
#include "gradients.hpp"
#include "small_network.hpp"

#include <einet/nn/initialise.hpp>
#include <einet/nn/joint_trainer.hpp>
#include <einet/nn/multi_exit_network.hpp>

using namespace einet;
using test::difference;

TEST_CASE("joint loss, all gradients and two SGD steps equal PyTorch's",
          "[nn][multi_exit_network][pytorch]") {
  const test::Fixture fixture("network");
  nn::MultiExitNetwork network = test::small_network();
  std::size_t arrays = 0;
  network.for_each_parameter(
      [&](const std::string& name, std::span<const std::size_t> shape, std::span<float> values) {
        INFO(name);
        const test::Array& start = fixture["start." + name];
        REQUIRE(std::equal(shape.begin(), shape.end(), start.shape.begin(), start.shape.end()));
        std::copy(start.values.begin(), start.values.end(), values.begin());
        ++arrays;
      });
  CHECK(arrays == 2 * 5 + 2 * 9 + 4);

  nn::JointTrainer trainer(network, {4, {.9f, 5e-4f}, nn::constant_rate(.1), 1});
  for (const std::string step : {"step0.", "step1."}) {
    INFO(step);
    const nn::JointLoss joint = trainer.step(fixture.tensor(step + "images"), fixture.labels(step + "labels"),
                                             fixture["weights"].values, 0, .1);
    CHECK_THAT(joint.loss, test::WithinRel(static_cast<double>(fixture[step + "loss"].values[0]), 1e-5));
    if (step == "step1.") continue;
    network.for_each_trained([&](const nn::Parameter& parameter) {
      if (parameter.gradient.empty()) return;
      INFO(parameter.name);
      CHECK(difference(parameter.gradient, fixture["gradient." + parameter.name].values) < 1e-5);
    });
  }
  const auto compare = [&](const std::string& prefix) {
    return [&, prefix](const std::string& name, std::span<const std::size_t>, std::span<const float> values) {
      INFO(prefix + name);
      CHECK(difference(values, fixture[prefix + name].values) < 2e-5);
    };
  };
  std::as_const(network).for_each_parameter(compare("end."));
  trainer.for_each_state(compare(""));

  nn::Workspace workspace;
  network.forward(fixture.tensor("step0.images"), {&workspace});
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(difference(network.scores(k), fixture.tensor("eval.scores" + std::to_string(k))) < 5e-5);
  }
}

TEST_CASE("the joint loss's gradients agree with finite differences", "[nn][multi_exit_network]") {
  nn::MultiExitNetwork network = test::small_network(.5f);
  nn::initialise(network, 3);
  nn::Workspace workspace;
  const nn::Pass pass{&workspace, true, 11};
  const nn::Tensor images = test::random_tensor(16, network.input, 4);
  std::vector<std::int32_t> labels(16);
  for (std::size_t i = 0; i < 16; ++i) labels[i] = static_cast<std::int32_t>(i % 3);
  const std::vector<float> weights{.2f, .5f, .3f};
  static_cast<void>(network.differentiate(images, labels, weights, pass));
  std::vector<nn::Parameter> parameters;
  std::vector<std::vector<float>> gradients;
  network.for_each_trained([&](const nn::Parameter& parameter) {
    if (parameter.gradient.empty()) return;
    parameters.push_back(parameter);
    gradients.emplace_back(parameter.gradient.begin(), parameter.gradient.end());
  });
  // Along the gradient itself the loss must change by its squared length: one number per array.
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    double squared = 0.;
    for (const float slope : gradients[p]) squared += static_cast<double>(slope) * static_cast<double>(slope);
    const std::vector<float> kept(parameters[p].values.begin(), parameters[p].values.end());
    const auto loss_at = [&](double distance) {
      for (std::size_t i = 0; i < kept.size(); ++i) {
        const double move = distance * static_cast<double>(gradients[p][i]) / std::sqrt(squared);
        parameters[p].values[i] = kept[i] + static_cast<float>(move);
      }
      return network.differentiate(images, labels, weights, pass).loss;
    };
    const double numeric = (loss_at(2e-3) - loss_at(-2e-3)) / 4e-3;
    std::copy(kept.begin(), kept.end(), parameters[p].values.begin());
    INFO(parameters[p].name);
    CHECK_THAT(numeric, test::WithinRel(std::sqrt(squared), .02));
  }
}

TEST_CASE("an exit of weight 0 leaves the gradients of a network that does not have it",
          "[nn][multi_exit_network]") {
  nn::MultiExitNetwork network = test::small_network();
  nn::initialise(network, 5);
  const nn::Tensor images = test::random_tensor(9, network.input, 6);
  const std::vector<std::int32_t> labels{0, 1, 2, 0, 1, 2, 2, 1, 0};
  const auto gradients_of = [](nn::MultiExitNetwork& of, const std::string& prefix) {
    std::vector<float> all;
    of.for_each_trained([&](const nn::Parameter& parameter) {
      if (parameter.name.starts_with(prefix))
        all.insert(all.end(), parameter.gradient.begin(), parameter.gradient.end());
    });
    return all;
  };
  const auto zeros = [](const std::vector<float>& values) {
    return !values.empty() && std::all_of(values.begin(), values.end(), [](float v) { return v == 0.f; });
  };
  nn::Workspace workspace;
  const nn::Pass pass{&workspace, true, 0};
  // Gradients of every exit are left over, and must not be taken for those of the next pass.
  static_cast<void>(network.differentiate(images, labels, std::vector<float>{1.f, 1.f, 1.f}, pass));

  const nn::JointLoss joint = network.differentiate(images, labels, std::vector<float>{.7f, 0.f, 0.f}, pass);
  nn::MultiExitNetwork first = test::small_network();
  nn::initialise(first, 5);
  first.blocks.resize(1);
  nn::Workspace other;
  const nn::JointLoss alone = first.differentiate(images, labels, std::vector<float>{.7f}, {&other, true, 0});
  CHECK(joint.loss == alone.loss);
  CHECK(joint.correct == std::vector<std::size_t>{alone.correct[0], 0, 0});
  CHECK(difference(gradients_of(network, "blocks.0."), gradients_of(first, "blocks.0.")) == 0.);
  CHECK(zeros(gradients_of(network, "blocks.1.")));
  CHECK(zeros(gradients_of(network, "blocks.2.")));

  // The earlier exits do not count either: the limit of a tiny weight.
  static_cast<void>(network.differentiate(images, labels, std::vector<float>{1e-12f, 1e-12f, 1.f}, pass));
  const std::vector<float> first_conv = gradients_of(network, "blocks.0.conv.");
  const std::vector<float> second_conv = gradients_of(network, "blocks.1.conv.");
  static_cast<void>(network.differentiate(images, labels, std::vector<float>{0.f, 0.f, 1.f}, pass));
  CHECK(difference(gradients_of(network, "blocks.0.conv."), first_conv) < 1e-6);
  CHECK(difference(gradients_of(network, "blocks.1.conv."), second_conv) < 1e-6);
  CHECK_FALSE(zeros(first_conv));
  CHECK(zeros(gradients_of(network, "blocks.0.branch.")));
  CHECK(zeros(gradients_of(network, "blocks.1.branch.")));
}

TEST_CASE("a copy of a network is independent", "[nn][multi_exit_network]") {
  nn::MultiExitNetwork network = test::small_network();
  nn::initialise(network, 1);
  nn::MultiExitNetwork copy = network;
  const std::vector<float> before = test::all_values(network);
  nn::initialise(copy, 2);
  CHECK(difference(test::all_values(network), before) == 0.);
  CHECK(difference(test::all_values(copy), before) > 0.);
}

TEST_CASE("a network whose shapes do not fit is refused with their place", "[nn][multi_exit_network]") {
  nn::MultiExitNetwork network = test::small_network();
  CHECK_NOTHROW(network.validate());
  network.classes = 4;
  CHECK_THROWS_WITH(network.validate(), test::ContainsSubstring("block 0, branch, yields 1x1x3"));
  network.classes = 3;
  network.input = {8, 6, 1};
  CHECK_THROWS_WITH(network.validate(), test::ContainsSubstring("block 0, conv part, layer 0: Conv2d"));
  network.blocks.clear();
  CHECK_THROWS_WITH(network.validate(), test::ContainsSubstring("blocks.size() is 0"));

  nn::MultiExitNetwork sound = test::small_network();
  nn::Workspace workspace;
  const nn::Tensor images = test::random_tensor(2, sound.input, 4);
  const std::vector<std::int32_t> labels{0, 1};
  CHECK_THROWS_WITH(sound.differentiate(images, labels, std::vector<float>{1.f}, {&workspace, true}),
                    test::ContainsSubstring("network: weights.size() is 1, expected 3"));
}

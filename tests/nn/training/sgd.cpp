#include "../../catch.hpp"
#include "../small_network.hpp"

#include <einet/nn/training/sgd.hpp>

#include <span>
#include <string>
#include <vector>

using namespace einet;

TEST_CASE("SGD follows its recurrence and leaves running statistics alone", "[nn][sgd]") {
  nn::Graph graph = test::chain_network();
  nn::BatchNetwork network(graph);
  nn::Sgd sgd(network, {.5f, .1f});
  graph.for_each_parameter([](const nn::Parameter& parameter) {
    for (float& value : parameter.weights->values()) value = 2.f;
  });
  network.for_each_trained([](const nn::Parameter&, std::span<float> gradient, bool) {
    for (float& slope : gradient) slope = 1.f;
  });
  float value = 2.f;
  float velocity = 0.f;
  for (int step = 0; step < 3; ++step) {
    sgd.step(.1f);
    velocity = .5f * velocity + 1.f + .1f * value;
    value -= .1f * velocity;
  }
  std::vector<std::string> states;
  sgd.for_each_state(
      [&](const std::string& name, std::span<const std::size_t> shape, std::span<float> velocities) {
        CAPTURE(name);
        std::size_t size = 1;
        for (const std::size_t length : shape) size *= length;
        CHECK(velocities.size() == size);
        for (const float speed : velocities) CHECK_THAT(speed, test::WithinRel(velocity, 1e-5f));
        states.push_back(name);
      });
  CHECK(states.size() == 2 * 3 + 2 * 7 + 4);  // conv parts, branches, classifier
  CHECK(states.front() == "velocity.conv1.weight");
  CHECK(states.back() == "velocity.linear6.bias");
  graph.for_each_parameter([&](const nn::Parameter& parameter) {
    CAPTURE(parameter.name);
    const float expected = parameter.trained ? value : 2.f;
    for (const float each : parameter.weights->values()) CHECK_THAT(each, test::WithinRel(expected, 1e-5f));
  });
}

TEST_CASE("schedules start, fall and end where they say", "[nn][sgd]") {
  CHECK(nn::constant_rate(.1)(17.) == .1);
  const nn::Schedule cosine = nn::cosine_rate(.2, 10., 2.);
  CHECK(cosine(0.) > 0.);
  CHECK(cosine(0.) < .01);
  CHECK_THAT(cosine(2.), test::WithinRel(.2, 1e-9));
  CHECK_THAT(cosine(6.), test::WithinRel(.1, 1e-9));
  CHECK_THAT(cosine(10.), test::WithinAbs(0., 1e-12));
  CHECK_THAT(cosine(12.), test::WithinAbs(0., 1e-12));
  const nn::Schedule steps = nn::step_rate(1., 2., .1);
  CHECK_THAT(steps(1.9), test::WithinRel(1., 1e-9));
  CHECK_THAT(steps(2.), test::WithinRel(.1, 1e-9));
  CHECK_THAT(steps(5.), test::WithinRel(.01, 1e-9));
}

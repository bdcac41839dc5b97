#include "../small_network.hpp"
#include "catch.hpp"

#include <einet/nn/training/sgd.hpp>

using namespace einet;

TEST_CASE("SGD follows its recurrence and leaves running statistics alone", "[nn][sgd]") {
  nn::Graph graph = test::small_network();
  nn::BatchNetwork network(graph);
  nn::Sgd sgd(network, {.5f, .1f});
  graph.for_each_parameter([](const nn::Parameter& parameter) {
    for (float& value : parameter.weights->values()) value = 2.f;
  });
  network.for_each_trained([](const nn::Parameter&, std::span<float> gradient) {
    for (float& slope : gradient) slope = 1.f;
  });
  float value = 2.f;
  float velocity = 0.f;
  for (int step = 0; step < 3; ++step) {
    sgd.step(.1f);
    velocity = .5f * velocity + 1.f + .1f * value;
    value -= .1f * velocity;
  }
  std::size_t states = 0;
  sgd.for_each_state([&](const std::string& name, std::span<const std::size_t>, std::span<float> each) {
    INFO(name);
    CHECK(name.starts_with("velocity.blocks."));
    for (const float speed : each) CHECK_THAT(speed, test::WithinRel(velocity, 1e-5f));
    ++states;
  });
  CHECK(states == 2 * 3 + 2 * 7 + 4);  // conv parts, branches, head
  graph.for_each_parameter([&](const nn::Parameter& parameter) {
    INFO(parameter.name);
    for (const float each : parameter.weights->values())
      CHECK_THAT(each, test::WithinRel(parameter.trained ? value : 2.f, 1e-5f));
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

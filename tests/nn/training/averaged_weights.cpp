#include "../../catch.hpp"
#include "../small_network.hpp"

#include <einet/nn/training/averaged_weights.hpp>
#include <einet/nn/training/initialise.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

using namespace einet;

namespace {

void set_all(nn::Graph& graph, float value) {
  graph.for_each_parameter([&](const nn::Parameter& parameter) {
    for (float& each : parameter.weights->values()) each = value;
  });
}

/// The value that all have.
float value_of(nn::Graph& graph) {
  std::vector<float> values;
  graph.for_each_parameter([&](const nn::Parameter& parameter) {
    const auto some = parameter.weights->values();
    values.insert(values.end(), some.begin(), some.end());
  });
  CHECK(std::ranges::count(values, values[0]) == static_cast<std::ptrdiff_t>(values.size()));
  return values[0];
}

}  // namespace

TEST_CASE("averages follow their recurrence, statistics too, and change places with the weights",
          "[nn][averaged_weights]") {
  nn::Graph graph = test::chain_network();
  set_all(graph, 1.f);
  nn::AveragedWeights average(graph, .3);
  set_all(graph, 2.f);
  average.update();  // decays .1, 2/11, .25, .3, .3
  set_all(graph, 5.f);
  average.update();
  set_all(graph, 3.f);
  average.update();
  average.update();
  average.update();
  double expected = 1;
  expected = .1 * expected + .9 * 2;
  expected = 2. / 11 * expected + 9. / 11 * 5;
  expected = .25 * expected + .75 * 3;
  expected = .3 * expected + .7 * 3;
  expected = .3 * expected + .7 * 3;
  average.exchange();
  CHECK_THAT(value_of(graph), test::WithinRel(static_cast<float>(expected), 1e-5f));
  average.exchange();
  CHECK(value_of(graph) == 3.f);
}

TEST_CASE("averages go on from what was saved", "[nn][averaged_weights]") {
  nn::Graph graph = test::chain_network();
  set_all(graph, 1.f);
  nn::AveragedWeights first(graph, .9), other(graph, .9);
  set_all(graph, 4.f);
  first.update();
  first.update();
  std::vector<std::vector<float>> saved;
  std::vector<std::string> names;
  first.for_each_state([&](const std::string& name, auto, std::span<float> values) {
    names.push_back(name);
    saved.emplace_back(values.begin(), values.end());
  });
  CHECK(names.front() == "average.conv1.weight");
  CHECK(names.back() == "averaged_updates");
  std::size_t at = 0;
  other.for_each_state(
      [&](const std::string& name, std::span<const std::size_t> shape, std::span<float> values) {
        CHECK(names[at] == name);
        std::size_t size = 1;
        for (const std::size_t length : shape) size *= length;
        REQUIRE((values.size() == saved[at].size() && values.size() == size));
        std::ranges::copy(saved[at++], values.begin());
      });
  set_all(graph, -7.f);
  first.update();
  other.update();
  first.exchange();
  const float expected = value_of(graph);
  first.exchange();
  other.exchange();
  CHECK(value_of(graph) == expected);
}

TEST_CASE("a decay that cannot be is refused", "[nn][averaged_weights]") {
  nn::Graph graph = test::chain_network();
  for (const double bad : {-.1, 1., std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_WITH(nn::AveragedWeights(graph, bad), test::ContainsSubstring("decay"));
}

#include "../../catch.hpp"
#include "../../fixture_file.hpp"
#include "../small_network.hpp"

#include <einet/nn/training/evaluation.hpp>
#include <einet/nn/training/initialise.hpp>

#include <span>
#include <stdexcept>
#include <vector>

using namespace einet;

TEST_CASE("evaluation visits every image and exit once, whatever the batch", "[nn][evaluation]") {
  nn::Graph graph = test::chain_network(.5f);
  nn::initialise(graph, 1);
  nn::BatchNetwork network(graph);
  const test::Patterns data{23};
  const auto scores = [&](std::size_t batch) {
    std::vector<float> all;
    std::size_t calls = 0;
    nn::for_each_score(
        network, data,
        [&](std::size_t image, std::size_t exit, std::span<const float> row) {
          CHECK(image * 3 + exit == calls++);
          all.insert(all.end(), row.begin(), row.end());
        },
        batch);
    CHECK(calls == 23 * 3);
    return all;
  };
  const std::vector<float> one = scores(1);
  CHECK(test::difference(scores(7), one) < 1e-5);
  CHECK(test::difference(scores(100), one) < 1e-5);

  std::vector<double> right(3, 0.);
  for (std::size_t i = 0; i < 23 * 3; ++i) {
    const auto row = std::span(one).subspan(3 * i, 3);
    right[i % 3] += nn::predicted_class(row) == data.label(i / 3) ? 1. / 23. : 0.;
  }
  const std::vector<double> accuracy = nn::accuracy_per_exit(network, data);
  for (std::size_t k = 0; k < 3; ++k) CHECK_THAT(accuracy[k], test::WithinAbs(right[k], 1e-9));
}

TEST_CASE("evaluation refuses empty data and batches of size 0", "[nn][evaluation]") {
  nn::Graph graph = test::chain_network();
  nn::BatchNetwork network(graph);
  CHECK_THROWS_AS(nn::accuracy_per_exit(network, test::Patterns{0}), std::invalid_argument);
  CHECK_THROWS_AS(nn::accuracy_per_exit(network, test::Patterns{}, 0), std::invalid_argument);
}

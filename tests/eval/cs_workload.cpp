#include "catch.hpp"
#include "paper/cs_reference.hpp"

#include <einet/eval/cs_workload.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

using namespace einet;
using einet::test::WithinAbs;

TEST_CASE("half of the units of He's weights are active, and outputs spread by .2 around .5",
          "[eval][cs_workload]") {
  constexpr std::size_t exits = 40, units = 256;
  const auto parameters = eval::he_parameters<exits, units>(1);
  const auto runs = eval::confidence_runs<exits>(100, 2);
  double active = 0, mean = 0, squares = 0;
  for (const auto& run : runs) {
    const std::vector<double> inputs(run.begin(), run.end());
    for (std::size_t j = 0; j < units; ++j) {
      double sum = static_cast<double>(parameters.layer1_bias[j]);
      for (std::size_t k = 0; k < exits; ++k)
        sum += static_cast<double>(parameters.layer1_weight[j * exits + k]) * inputs[k];
      active += sum > 0 ? 1. / units / 100 : 0;
    }
    for (const double output : test::plain_outputs(parameters, inputs)) {
      mean += output / exits / 100;
      squares += output * output / exits / 100;
    }
  }
  CHECK_THAT(active, WithinAbs(.5, .1));
  CHECK_THAT(mean, WithinAbs(.5, .1));
  CHECK_THAT(std::sqrt(squares - mean * mean), WithinAbs(.2, .1));
}

TEST_CASE("confidences of a run are probabilities that rise in the mean", "[eval][cs_workload]") {
  constexpr std::size_t exits = 10;
  double first = 0, last = 0;
  for (const auto& run : eval::confidence_runs<exits>(1000, 3)) {
    for (const float confidence : run) CHECK((confidence > 0.f && confidence < 1.f));
    first += static_cast<double>(run.front()) / 1000;
    last += static_cast<double>(run.back()) / 1000;
  }
  CHECK(last > first + .1);
  CHECK(eval::confidence_runs<exits>(3, 4) == eval::confidence_runs<exits>(3, 4));
}

#include "../both_ways.hpp"
#include "../gradients.hpp"
#include "catch.hpp"

#include <einet/nn/layers/activation.hpp>
#include <einet/nn/layers/norm.hpp>
#include <einet/nn/layers/pool.hpp>

#include <cmath>

using namespace einet;
using test::difference;

TEST_CASE("batch norm equals PyTorch's in training, with its running statistics, and in evaluation",
          "[nn][norm][pytorch]") {
  const test::FixtureFile fixture("nn", "norm");
  nn::BatchNorm norm(11);
  for (const std::string step : {"0", "1"}) {
    nn::BatchNorm once = norm;  // check_fixture runs a single forward pass in training
    test::check_fixture(once, fixture, "case" + step + ".");
    norm = once;
    CHECK(difference(test::values_of(norm, "running_mean"),
                     fixture["after" + step + ".running_mean"].values) < 1e-5);
    CHECK(difference(test::values_of(norm, "running_var"), fixture["after" + step + ".running_var"].values) <
          1e-5);
  }
  test::LayerRun run(norm, {test::maps_of(fixture["eval.x"])});
  run.forward(false);
  CHECK(difference(run.y.values, fixture["eval.y"].values) < 1e-5);
}

TEST_CASE("batch norm moves its statistics by its momentum, and adds its epsilon, both ways", "[nn][norm]") {
  constexpr double momentum = .25, epsilon = .5;
  nn::BatchNorm norm(2, {static_cast<float>(momentum), static_cast<float>(epsilon)});
  test::LayerRun run(norm, {test::random_maps(3, {2, 2, 2}, 9)});
  const std::vector<float>& x = run.inputs[0].values;
  const auto normal = [&](std::size_t i, double mean, double variance) {
    return (static_cast<double>(x[i]) - mean) / std::sqrt(variance + epsilon);
  };
  run.forward();
  const std::vector<float> trained = run.y.values;
  run.forward(false);
  for (std::size_t c = 0; c < 2; ++c) {
    double mean = 0., squares = 0.;
    for (std::size_t i = c; i < x.size(); i += 2) mean += static_cast<double>(x[i]) / 12.;
    for (std::size_t i = c; i < x.size(); i += 2) squares += std::pow(static_cast<double>(x[i]) - mean, 2);
    const double running_mean = momentum * mean, running_var = 1. + momentum * (squares / 11. - 1.);
    CHECK_THAT(test::values_of(norm, "running_mean")[c], test::WithinAbs(running_mean, 1e-5));
    CHECK_THAT(test::values_of(norm, "running_var")[c], test::WithinAbs(running_var, 1e-5));
    for (std::size_t i = c; i < x.size(); i += 2) {
      CHECK_THAT(trained[i], test::WithinAbs(normal(i, mean, squares / 12.), 1e-5));
      CHECK_THAT(run.y.values[i], test::WithinAbs(normal(i, running_mean, running_var), 1e-5));
    }
  }
}

TEST_CASE("batch norm's gradients agree with finite differences", "[nn][norm]") {
  for (const std::size_t channels : {1U, 4U, 19U}) {
    nn::BatchNorm norm(channels);
    test::randomise(norm, channels);
    test::check_gradients(norm, {test::random_maps(3, {3, 4, channels}, 50)}, channels);
  }
}

TEST_CASE("batch norm that absorbed a ReLU equals the two layers", "[nn][norm]") {
  nn::BatchNorm norm(13);
  test::randomise(norm, 5);
  test::check_absorbed_relu(norm, {test::random_maps(5, {4, 3, 13}, 6)});
}

TEST_CASE("batch norm keeps its digits where the mean is large", "[nn][norm]") {
  test::Maps x = test::random_maps(64, {4, 4, 3}, 8);
  for (float& value : x.values) value = 1000.f + .0625f * std::round(16.f * value);
  test::Maps shifted = x;
  for (float& value : shifted.values) value -= 1000.f;
  nn::BatchNorm norm(3);
  test::LayerRun one(norm, {x}), other(norm, {shifted});
  one.forward();
  other.forward();
  CHECK(difference(one.y.values, other.y.values) < 2e-4);
}

TEST_CASE("batch norm is the same in inference, folded into a convolution or not", "[nn][norm]") {
  for (const std::size_t channels : {1U, 5U, 37U}) {
    test::check_both_ways({3, 4, 2}, channels, [](const nn::Map& x) { return norm(x); });
    test::check_both_ways({3, 4, 2}, channels, [](const nn::Map& x) { return gelu(norm(max_pool(x))); });
    test::check_both_ways({3, 4, 2}, channels, [](const nn::Map& x) { return relu6(norm(relu(x))); });
    test::check_both_ways({3, 4, 2}, channels, [](const nn::Map& x) { return norm(norm(x)); });
  }
}

TEST_CASE("NaN reaches a batch norm's whole channel in training, and its own place in evaluation",
          "[nn][norm]") {
  nn::BatchNorm norm(3);
  test::check_nan(norm, {test::random_maps(2, {2, 2, 3}, 2)}, false,
                  [](std::size_t, std::size_t at, std::size_t to) { return at == to; });
  test::check_nan(norm, {test::random_maps(2, {2, 2, 3}, 2)}, true,
                  [](std::size_t, std::size_t at, std::size_t to) { return at % 3 == to % 3; });
  CHECK(std::isnan(test::values_of(norm, "running_mean")[0]));
  CHECK(std::isnan(test::values_of(norm, "running_var")[0]));
}

TEST_CASE("batch norm refuses other channels, bad options, and training on one value", "[nn][norm]") {
  CHECK_THROWS_WITH(nn::BatchNorm(0), test::ContainsSubstring("norm: channels is 0"));
  CHECK_THROWS_WITH(nn::BatchNorm(2, {.1f, 0.f}), test::ContainsSubstring("norm: epsilon is 0"));
  CHECK_THROWS_WITH(nn::BatchNorm(2, {2.f, 1e-5f}), test::ContainsSubstring("norm: momentum is 2"));
  CHECK_THROWS_WITH(nn::BatchNorm(2, {std::nanf(""), 1e-5f}), test::ContainsSubstring("norm: momentum is"));
  CHECK_THROWS_WITH(nn::BatchNorm(2, {.1f, INFINITY}), test::ContainsSubstring("norm: epsilon is"));
  nn::BatchNorm norm(4);
  CHECK_THROWS_WITH(norm.output(std::vector<nn::Shape>{{2, 2, 3}}),
                    test::ContainsSubstring("expected 4 channels"));
  test::LayerRun run(norm, {test::random_maps(1, {1, 1, 4}, 1)});
  CHECK_THROWS_WITH(run.forward(true), test::ContainsSubstring("more than one value"));
  CHECK_NOTHROW(run.forward(false));
}

#include "../both_ways.hpp"
#include "../gradients.hpp"
#include "catch.hpp"

#include <einet/nn/layers/dropout.hpp>

#include <cmath>

using namespace einet;

namespace {

test::Maps ones(std::size_t batch, nn::Shape shape) {
  return {batch, shape, std::vector<float>(batch * shape.size(), 1.f)};
}

}  // namespace

TEST_CASE("dropout keeps the expectation and drops its share", "[nn][dropout]") {
  for (const float probability : {0.f, .1f, .5f, .9f}) {
    nn::Dropout dropout(probability);
    test::LayerRun run(dropout, {ones(100, {1, 1, 1000})}, 7);
    run.forward();
    double sum = 0., dropped = 0.;
    for (const float value : run.y.values) {
      sum += static_cast<double>(value);
      if (value == 0.f) dropped += 1.;
    }
    INFO("probability " << probability);
    // Six standard deviations of a binomial count of 100,000.
    CHECK_THAT(dropped / 1e5, test::WithinAbs(static_cast<double>(probability), .01));
    CHECK_THAT(sum / 1e5, test::WithinAbs(1., .06));
    run.backward(run.inputs[0].values);
    CHECK(run.input_gradients[0] == run.y.values);
  }
}

TEST_CASE("dropout draws anew for every seed, image and place, and repeats for the same ones",
          "[nn][dropout]") {
  nn::Dropout dropout(.5f);
  test::LayerRun a(dropout, {ones(2, {1, 1, 256})}, 1), b(dropout, {ones(2, {1, 1, 256})}, 1),
      c(dropout, {ones(2, {1, 1, 256})}, 2);
  for (test::LayerRun* run : {&a, &b, &c}) run->forward();
  CHECK(a.y.values == b.y.values);
  CHECK(a.y.values != c.y.values);
  CHECK(test::difference(a.y.image(0), a.y.image(1)) > 0.);
}

TEST_CASE("dropout does nothing in evaluation and inference", "[nn][dropout]") {
  nn::Dropout dropout(.5f);
  test::LayerRun run(dropout, {test::random_maps(2, {3, 3, 3}, 1)});
  run.forward(false);
  CHECK(run.y.values == run.inputs[0].values);
  test::check_both_ways({3, 3, 2}, 5, [](const nn::Map& x) { return nn::dropout(x); });
}

TEST_CASE("NaN passes through dropout in evaluation, and where it is kept in training", "[nn][dropout]") {
  nn::Dropout dropout(0.f);
  for (const bool training : {false, true})
    test::check_nan(dropout, {test::random_maps(2, {1, 2, 3}, 1)}, training,
                    [](std::size_t, std::size_t at, std::size_t to) { return at == to; });
}

TEST_CASE("dropout refuses what is no probability below 1", "[nn][dropout]") {
  for (const float wrong : {-.1f, 1.f, std::nanf("")})
    CHECK_THROWS_WITH(nn::Dropout(wrong), test::ContainsSubstring("dropout: probability is"));
}

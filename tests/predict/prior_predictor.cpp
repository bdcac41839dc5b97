#include "catch.hpp"

#include <einet/predict/predictor.hpp>
#include <einet/predict/prior_predictor.hpp>

#include <limits>
#include <span>
#include <stdexcept>

using einet::PriorPredictor;

static_assert(einet::exit_predictor<PriorPredictor<3>>);
static_assert(!einet::exit_predictor<int>);

TEST_CASE("the prior predictor knows the means and what it observed, until it is reset", "[predict][prior]") {
  PriorPredictor<3> predictor{{0.25f, 0.5f, 0.75f}};
  const float seen = 0.125f;
  predictor.observe(1, std::span<const float, 1>(&seen, 1));
  CHECK(predictor.confidences() == std::array<float, 3>{0.25f, 0.125f, 0.75f});
  predictor.reset();
  CHECK(predictor.confidences() == std::array<float, 3>{0.25f, 0.5f, 0.75f});
}

TEST_CASE("means that are not probabilities are refused", "[predict][prior]") {
  for (const float bad : {-0.1f, 1.1f, std::numeric_limits<float>::quiet_NaN()})
    CHECK_THROWS_AS((PriorPredictor<2>{{0.5f, bad}}), std::invalid_argument);
}

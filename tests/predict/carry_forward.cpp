#include "catch.hpp"

#include <einet/predict/carry_forward.hpp>
#include <einet/predict/predictor.hpp>

#include <limits>
#include <stdexcept>

using einet::CarryForward;

static_assert(einet::predictor<CarryForward<3>>);

TEST_CASE("carry-forward repeats the newest confidence until it is reset", "[predict][carry_forward]") {
  CarryForward<4> predictor{{.25f, .5f, .75f, .5f}};
  const float first[1] = {.125f}, second[1] = {.875f};
  CHECK(predictor.confidences() == std::array<float, 4>{.25f, .5f, .75f, .5f});
  predictor.observe(1, first);
  CHECK(predictor.confidences() == std::array<float, 4>{.25f, .125f, .125f, .125f});
  predictor.observe(3, second);
  CHECK(predictor.confidences()[3] == .875f);
  predictor.reset();
  CHECK(predictor.confidences() == std::array<float, 4>{.25f, .5f, .75f, .5f});
}

TEST_CASE("carry-forward takes whatever is observed for a probability, and refuses means that are none",
          "[predict][carry_forward]") {
  CarryForward<2> predictor{{.5f, .5f}};
  const float nan[1] = {std::numeric_limits<float>::quiet_NaN()}, large[1] = {7.f}, negative[1] = {-1.f};
  predictor.observe(0, nan);
  CHECK(predictor.confidences()[1] == 0.f);
  predictor.observe(0, large);
  CHECK(predictor.confidences()[1] == 1.f);
  predictor.observe(0, negative);
  CHECK(predictor.confidences()[1] == 0.f);
  CHECK_THROWS_AS((CarryForward<2>{{.5f, 1.5f}}), std::invalid_argument);
}

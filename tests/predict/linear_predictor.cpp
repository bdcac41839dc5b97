#include "catch.hpp"

#include <einet/predict/linear_predictor.hpp>
#include <einet/predict/predictor.hpp>

#include <limits>
#include <random>
#include <vector>

namespace {

using einet::FittingSamples;
using einet::LinearPredictor;
using einet::Target;
using einet::test::WithinAbs;

static_assert(einet::predictor<LinearPredictor<3>>);

TEST_CASE("the linear predictor finds the lines that the samples lie on", "[predict][linear]") {
  std::vector<FittingSamples<3>::Row> rows;
  for (const float x : {0.f, .25f, .5f, 1.f}) rows.push_back({{{x}, {.5f * x + .25f}, {.75f - .5f * x}}});
  const auto lines = fit_linear(FittingSamples<3>{rows}, Target::confidence);
  LinearPredictor<3> predictor(lines);
  const float seen[1] = {.125f};
  predictor.observe(0, seen);
  CHECK_THAT(predictor.confidences()[0], WithinAbs(.125f, 1e-6));
  CHECK_THAT(predictor.confidences()[1], WithinAbs(.3125f, 1e-6));
  CHECK_THAT(predictor.confidences()[2], WithinAbs(.6875f, 1e-6));
}

TEST_CASE("where an exit is always equally sure, the line is flat at the mean", "[predict][linear]") {
  const std::vector<FittingSamples<2>::Row> rows{{{{.5f}, {.25f}}}, {{{.5f}, {.75f}}}};
  const std::vector<std::array<bool, 2>> correct{{true, false}, {false, false}};
  const auto lines = fit_linear(FittingSamples<2>{rows, correct});
  CHECK(lines.at(0, 0, 0) == .5f);
  CHECK(lines.at(0, 1, 0) == .5f);
  CHECK(lines.at(0, 1, 1) == 0.f);
}

TEST_CASE("exits that differ by less than rounding are taken for equally sure", "[predict][linear]") {
  for (const float step : {std::numeric_limits<float>::denorm_min(), 1e-30f, 1e-8f}) {
    CAPTURE(step);
    const std::vector<FittingSamples<2>::Row> rows{{{{0.f}, {.25f}}}, {{{step}, {.75f}}}};
    const auto lines = fit_linear(FittingSamples<2>{rows}, Target::confidence);
    CHECK_NOTHROW(LinearPredictor<2>{lines});
    CHECK(lines.at(0, 0, 1) == .5f);
    CHECK(lines.at(0, 1, 1) == .5f);
  }
}

}  // namespace

#include "catch.hpp"
#include "counting_new.hpp"

#include <einet/eval/calibration_error.hpp>
#include <einet/predict/calibration.hpp>
#include <einet/predict/prior_predictor.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace {

using einet::FittingSamples;
using einet::test::ContainsSubstring;
using einet::test::WithinAbs;

struct Outputs {
  std::vector<FittingSamples<2>::Row> inputs;
  std::vector<std::array<bool, 2>> correct;
};

/// Exit 0 is right as often as the square of its confidence, exit 1 as often as its confidence.
Outputs over_promising(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> share(0.f, 1.f);
  Outputs outputs;
  for (std::size_t s = 0; s < count; ++s) {
    const float first = share(random), second = share(random);
    outputs.inputs.push_back({{{first}, {second}}});
    outputs.correct.push_back({share(random) < first * first, share(random) < second});
  }
  return outputs;
}

double error_of(const Outputs& outputs, std::size_t exit, const einet::Calibration<2>* calibration) {
  std::vector<float> confidence, correct;
  for (std::size_t s = 0; s < outputs.inputs.size(); ++s) {
    const float seen = outputs.inputs[s][exit][0];
    confidence.push_back(calibration == nullptr ? seen : (*calibration)(exit, seen));
    correct.push_back(outputs.correct[s][exit] ? 1.f : 0.f);
  }
  return einet::eval::expected_calibration_error(confidence, correct);
}

TEST_CASE("calibration corrects an overconfident exit, on other samples, and leaves one that is not alone",
          "[predict][calibration]") {
  const auto fitting = over_promising(20000, 51), other = over_promising(20000, 52);
  const auto calibration = einet::fit_calibration(FittingSamples<2>{fitting.inputs, fitting.correct});
  CHECK_THAT(error_of(other, 0, nullptr), WithinAbs(1. / 6, .02));
  CHECK(error_of(other, 0, &calibration) < .02);
  CHECK(error_of(other, 1, nullptr) < .02);
  CHECK(error_of(other, 1, &calibration) < .02);
}

TEST_CASE("calibrated confidences rise with the confidence, and are probabilities for any float",
          "[predict][calibration]") {
  const auto outputs = over_promising(300, 53);
  const auto calibration = einet::fit_calibration<9>(FittingSamples<2>{outputs.inputs, outputs.correct});
  const std::size_t before = einet::test::allocations();
  float last = 0.f;
  bool rises = true, sound = true;
  for (float at = 0.f; at <= 1.f; at += .01f) {
    rises = rises && calibration(0, at) >= last;
    last = calibration(0, at);
  }
  for (const float bad : {-1.f, 2.f, HUGE_VALF, -HUGE_VALF, std::numeric_limits<float>::quiet_NaN()})
    sound = sound && calibration(1, bad) >= 0.f && calibration(1, bad) <= 1.f;
  const std::size_t after = einet::test::allocations();
  CHECK(rises);
  CHECK(sound);
  CHECK(after == before);
}

TEST_CASE("a calibration to an invalid probability is refused by exit and knot", "[predict][calibration]") {
  einet::Calibration<2, 3> calibration;
  CHECK_NOTHROW(validate(calibration));
  calibration.tables[1].values[2] = 1.5f;
  CHECK_THROWS_WITH(validate(calibration), ContainsSubstring("Calibration: tables[1][2] is 1.5"));
  calibration.tables[1].values[2] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(validate(calibration), ContainsSubstring("Calibration: tables[1][2] is nan"));
}

}  // namespace

#include "catch.hpp"
#include "counting_new.hpp"
#include "predict/samples.hpp"
#include "support.hpp"

#include <einet/plan/uniform.hpp>
#include <einet/predict/calibrated_predictor.hpp>
#include <einet/predict/gaussian_fit.hpp>
#include <einet/search/exact.hpp>

#include <cmath>
#include <random>

namespace {

using einet::CalibratedPredictor;
using einet::GaussianPredictor;
using einet::Target;
using einet::test::WithinAbs;

static_assert(einet::predictor<CalibratedPredictor<GaussianPredictor<14>>>);
static_assert(einet::predictor<CalibratedPredictor<GaussianPredictor<3, 2>, 5>>);

TEST_CASE("calibrated predictions are nearer to the truth, and plans stay as they were",
          "[predict][calibrated]") {
  const unsigned seed = 71;
  CAPTURE(seed);
  std::mt19937 random(seed);
  constexpr std::size_t n = 8;
  const auto fitting = einet::test::random_samples<n>(4000, random);
  const auto other = einet::test::random_samples<n>(einet::test::cases(2000), random);
  GaussianPredictor<n> shrunk(fit_gaussian(fitting.view(), {Target::correctness, 2., {true}}));
  auto honest = calibrated(shrunk, fitting.view());
  CHECK(honest.confidences() == shrunk.confidences());

  einet::Problem<n> problem;
  for (std::size_t k = 0; k < n; ++k) {
    problem.times.conv[k] = 1 + .2 * static_cast<double>(k % 3);
    problem.times.branch[k] = .3;
  }
  const einet::Uniform law{problem.times.total()};
  double before = 0, after = 0;
  std::size_t moved = 0, compared = 0;
  for (std::size_t s = 0; s < other.inputs.size(); ++s) {
    shrunk.reset();
    honest.reset();
    for (const std::size_t k : {std::size_t{0}, std::size_t{3}}) {
      shrunk.observe(k, other.inputs[s][k]);
      honest.observe(k, other.inputs[s][k]);
      bool clamped = false;
      for (std::size_t j = k; j < n; ++j) {
        const double truth = other.view().wanted(Target::correctness, s, j);
        before += std::pow(static_cast<double>(shrunk.confidences()[j]) - truth, 2);
        after += std::pow(static_cast<double>(honest.confidences()[j]) - truth, 2);
        for (const float said : {shrunk.confidences()[j], honest.confidences()[j]})
          clamped = clamped || said <= 0.f || said >= 1.f;
      }
      if (clamped) continue;
      problem.first = k + 1;
      problem.elapsed = 1.5 * static_cast<double>(k + 1);
      problem.confidences = shrunk.confidences();
      problem.in_hand = shrunk.confidences()[k];
      const auto plan = einet::ExactSearch{}(problem, law).plan;
      problem.confidences = honest.confidences();
      problem.in_hand = honest.confidences()[k];
      const auto same = einet::ExactSearch{}(problem, law);
      // Rounding may decide between plans of equal worth.
      moved += plan != same.plan && std::fabs(expectation(problem, plan, law) - same.worth) > 1e-6;
      ++compared;
    }
  }
  CHECK(after < .95 * before);
  CHECK(compared > 0);
  CHECK(moved == 0);
}

TEST_CASE("an answer that is beyond doubt stays a probability, and nothing is allocated",
          "[predict][calibrated]") {
  std::mt19937 random(72);
  const auto samples = einet::test::random_samples<4>(100, random);
  einet::Calibration<4, 2> sure;
  for (auto& exit : sure.exits) exit.values = {0.f, 1.f};
  CalibratedPredictor predictor(GaussianPredictor<4>(fit_gaussian(samples.view(), {Target::confidence})),
                                sure);
  const std::size_t before = einet::test::allocations();
  bool sound = true;
  for (const float seen : {1.f, 0.f}) {
    auto copy = predictor;
    const float input[1] = {seen};
    copy.observe(1, input);
    sound = sound && copy.confidences()[1] == seen;
    for (const float confidence : copy.confidences()) sound = sound && confidence >= 0.f && confidence <= 1.f;
  }
  const std::size_t after = einet::test::allocations();
  CHECK(sound);
  CHECK(after == before);
}

}  // namespace

#include "catch.hpp"
#include "predict/samples.hpp"

#include <einet/predict/gaussian_fit.hpp>
#include <einet/predict/gaussian_predictor.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

namespace {

using einet::fit_gaussian;
using einet::FittingSamples;
using einet::GaussianPredictor;
using einet::Target;
using einet::test::WithinAbs;

TEST_CASE("with almost no noise, conditioning is the least-squares regression on the exits seen",
          "[predict][gaussian_fit]") {
  std::mt19937 random(91);
  const auto samples = einet::test::random_samples<5>(400, random);
  const auto law = fit_gaussian(samples.view(), {Target::confidence, 1e-4, {false}});
  CHECK_NOTHROW(validate(law));
  GaussianPredictor<5> predictor(law);
  // Exits 1 and 3 seen, 4 to come. The residuals of a regression are orthogonal to its inputs.
  double sums[3] = {}, spread = 0;
  for (std::size_t s = 0; s < samples.inputs.size(); ++s) {
    predictor.reset();
    for (const std::size_t k : {std::size_t{1}, std::size_t{3}}) predictor.observe(k, samples.inputs[s][k]);
    const double residual =
        static_cast<double>(samples.inputs[s][4][0]) - static_cast<double>(predictor.confidences()[4]);
    sums[0] += residual;
    sums[1] += residual * static_cast<double>(samples.inputs[s][1][0]);
    sums[2] += residual * static_cast<double>(samples.inputs[s][3][0]);
    spread += residual * residual;
  }
  CHECK(spread > 1);
  for (const double sum : sums) CHECK_THAT(sum / 400, WithinAbs(0, 1e-3));
}

TEST_CASE("the more noise, the less the exits seen count; in the limit only the means do",
          "[predict][gaussian_fit]") {
  std::mt19937 random(92);
  const auto samples = einet::test::random_samples<5>(300, random);
  double before = 1;
  for (const double noise : {.001, .3, 10., 1e6}) {
    const auto law = fit_gaussian(samples.view(), {Target::correctness, noise, {true}});
    GaussianPredictor<5> predictor(law);
    const float seen[1] = {.75f};
    predictor.observe(0, seen);
    const double off = std::fabs(static_cast<double>(predictor.confidences()[4] - law.means[4]));
    CHECK(off < before);
    before = off;
  }
  CHECK(before < 1e-4);
}

TEST_CASE("a fitted Gaussian predicts its target better than the means do, on other samples",
          "[predict][gaussian_fit]") {
  std::mt19937 random(93);
  const auto fitting = einet::test::random_samples<8, 2>(1000, random);
  const auto other = einet::test::random_samples<8, 2>(1000, random);
  for (const Target target : {Target::confidence, Target::correctness}) {
    GaussianPredictor<8, 2> predictor(fit_gaussian(fitting.view(), {target}));
    const auto means = target_means(fitting.view(), target);
    double error = 0, error_of_means = 0;
    for (std::size_t s = 0; s < 1000; ++s) {
      predictor.reset();
      for (const std::size_t k : {std::size_t{0}, std::size_t{2}}) predictor.observe(k, other.inputs[s][k]);
      for (std::size_t k = 3; k < 8; ++k) {
        const double wanted = other.view().wanted(target, s, k);
        error += std::pow(static_cast<double>(predictor.confidences()[k]) - wanted, 2);
        error_of_means += std::pow(static_cast<double>(means[k]) - wanted, 2);
      }
    }
    CHECK(error < (target == Target::confidence ? .5 : .9) * error_of_means);
  }
}

TEST_CASE("a Gaussian is fitted to confidences of exactly 0 and 1, to constants, and to one sample",
          "[predict][gaussian_fit]") {
  const std::vector<FittingSamples<3>::Row> rows{{{{0.f}, {.5f}, {1.f}}}, {{{1.f}, {.5f}, {0.f}}}};
  const std::vector<std::array<bool, 3>> correct{{false, true, true}, {true, true, false}};
  for (const std::size_t count : {std::size_t{1}, std::size_t{2}}) {
    const FittingSamples<3> samples{std::span(rows).first(count), std::span(correct).first(count)};
    const auto law = fit_gaussian(samples);
    GaussianPredictor<3> predictor(law);
    for (std::size_t k = 0; k < 3; ++k) predictor.observe(k, rows[0][k]);
    CHECK(predictor.confidences()[2] > .5f);
  }
}

TEST_CASE("an invalid noise is refused", "[predict][gaussian_fit]") {
  std::mt19937 random(94);
  const auto samples = einet::test::random_samples<2>(5, random);
  for (const double noise : {0., -1., HUGE_VAL})
    CHECK_THROWS_AS((fit_gaussian(samples.view(), {Target::correctness, noise, {true}})),
                    std::invalid_argument);
}

}  // namespace

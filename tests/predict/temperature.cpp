#include "catch.hpp"

#include <einet/predict/temperature.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

namespace {

using einet::LogProbabilities;
using einet::test::WithinAbs;
using einet::test::WithinRel;

struct Outputs {
  std::vector<float> values;
  std::vector<std::int32_t> truth;
};

/// Outputs of `classes` classes that are `too_sure` times as sure as the law that the truth is drawn from;
/// of each row the first `listed` of the falling values are kept.
Outputs random_outputs(std::size_t count, std::size_t classes, std::size_t listed, double too_sure) {
  std::mt19937 random(61);
  std::normal_distribution<double> normal(0, 2);
  Outputs outputs;
  for (std::size_t s = 0; s < count; ++s) {
    std::vector<double> logit(classes), share(classes);
    for (double& value : logit) value = normal(random);
    std::sort(logit.rbegin(), logit.rend());
    for (std::size_t c = 0; c < classes; ++c) share[c] = std::exp(logit[c]);
    std::discrete_distribution<std::int32_t> draw(share.begin(), share.end());
    const auto truth = draw(random);
    double sum = 0;
    for (double& value : logit) sum += std::exp(value *= too_sure);
    for (std::size_t c = 0; c < listed; ++c)
      outputs.values.push_back(static_cast<float>(logit[c] - std::log(sum)));
    outputs.truth.push_back(truth < static_cast<std::int32_t>(listed) ? truth : -1);
  }
  return outputs;
}

TEST_CASE("the temperature that outputs were sharpened by is found", "[predict][temperature]") {
  for (const double too_sure : {.5, 1., 2.5}) {
    const auto outputs = random_outputs(6000, 6, 6, too_sure);
    const LogProbabilities view{outputs.values, 6, 6, outputs.truth};
    CHECK_THAT(einet::fit_temperature(view), WithinRel(too_sure, .06));
  }
}

TEST_CASE("no temperature near the fitted one is more likely, also where few classes are listed",
          "[predict][temperature]") {
  const auto outputs = random_outputs(1000, 30, 5, 2);
  const LogProbabilities view{outputs.values, 5, 30, outputs.truth};
  const double fitted = einet::fit_temperature(view);
  const double best = negative_log_likelihood(view, fitted);
  CHECK(fitted > 1.2);
  for (const double factor : {.5, .9, .99, 1.01, 1.1, 2.})
    CHECK(negative_log_likelihood(view, fitted * factor) >= best - 1e-7);
}

TEST_CASE("a tempered confidence is that of a softmax over softened logits", "[predict][temperature]") {
  const std::vector<float> row{std::log(.625f), std::log(.25f), std::log(.125f)};
  CHECK_THAT(einet::tempered_confidence(row, 0, 1), WithinAbs(.625f, 1e-6));
  const float soft = std::sqrt(.625f) / (std::sqrt(.625f) + std::sqrt(.25f) + std::sqrt(.125f));
  CHECK_THAT(einet::tempered_confidence(row, 0, 2), WithinAbs(soft, 1e-6));
  // Two classes share the eighth that is not listed.
  const std::vector<float> listed{std::log(.625f), std::log(.25f)};
  const float shared = std::sqrt(.625f) / (std::sqrt(.625f) + std::sqrt(.25f) + 2 * std::sqrt(.0625f));
  CHECK_THAT(einet::tempered_confidence(listed, 2, 2), WithinAbs(shared, 1e-6));
}

TEST_CASE("log-probabilities that do not fit together are refused", "[predict][temperature]") {
  const std::vector<float> values{-1.f, -2.f}, infinite{-1.f, -HUGE_VALF};
  const std::vector<std::int32_t> first{0}, beyond{2}, not_listed{-1}, none;
  CHECK_NOTHROW(einet::fit_temperature({values, 2, 2, first}));
  CHECK_NOTHROW(einet::fit_temperature({values, 2, 3, not_listed}));
  for (const LogProbabilities& bad :
       {LogProbabilities{values, 2, 1, first}, LogProbabilities{values, 1, 2, first},
        LogProbabilities{{}, 2, 2, none}, LogProbabilities{values, 2, 3, beyond},
        LogProbabilities{values, 2, 2, not_listed}, LogProbabilities{infinite, 2, 2, first}})
    CHECK_THROWS_AS(einet::fit_temperature(bad), std::invalid_argument);
}

}  // namespace

#include "catch.hpp"

#include <einet/eval/temperature.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

namespace {

using einet::LogProbabilities;
using einet::test::ContainsSubstring;
using einet::test::WithinAbs;
using einet::test::WithinRel;

struct Outputs {
  std::vector<float> values;
  std::vector<std::int32_t> truth;
};

/// Outputs over `classes` classes whose logits are `too_sure` times those that the truth is drawn from; of
/// each row the `listed` largest values are kept.
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

TEST_CASE("no temperature near the fitted one is more likely, even if few classes are listed",
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

TEST_CASE("a temperature that makes nothing more likely is 1", "[predict][temperature]") {
  const float half = std::log(.5f), quarter = std::log(.25f);
  const std::vector<std::int32_t> first{0, 0}, both{0, 1}, hidden{-1, -1};
  const std::vector<float> alone{0.f, 0.f}, even{half, half, half, half};
  const std::vector<float> listed{quarter, quarter, quarter, quarter};
  CHECK(einet::fit_temperature({alone, 1, 1, first}) == 1);
  CHECK(einet::fit_temperature({even, 2, 2, both}) == 1);
  CHECK(einet::fit_temperature({listed, 2, 4, both}) == 1);
  CHECK(einet::fit_temperature({listed, 2, 4, hidden}) == 1);
  // Always right, or always wrong: the ends of the range, unless the temperature makes no difference.
  const std::vector<float> sure{std::log(.9f), std::log(.1f), std::log(.9f), std::log(.1f)};
  const std::vector<std::int32_t> wrong{1, 1};
  CHECK(einet::fit_temperature({sure, 2, 2, first}) < .06);
  CHECK(einet::fit_temperature({sure, 2, 2, wrong}) > 19);
  const std::vector<float> beyond_doubt{0.f, -1e6f, 0.f, -1e6f};
  CHECK(einet::fit_temperature({beyond_doubt, 2, 2, first}) == 1);
}

TEST_CASE("nearly impossible classes leave likelihood and temperature finite", "[predict][temperature]") {
  // The classes that are not listed have all the probability, so a truth among them is certain.
  for (const float low : {-100.f, -2000.f, -1e30f, std::numeric_limits<float>::lowest()}) {
    CAPTURE(low);
    const std::vector<float> values{low, low};
    const std::vector<std::int32_t> hidden{-1}, first{0};
    for (const double temperature : {.05, 1., 20.}) {
      CAPTURE(temperature);
      CHECK_THAT(einet::negative_log_likelihood({values, 2, 3, hidden}, temperature),
                 WithinAbs(std::log1p(2 * std::exp(double{low} / temperature)), 1e-6));
      CHECK_THAT(einet::negative_log_likelihood({values, 2, 3, first}, temperature),
                 WithinRel(-double{low} / temperature, 1e-2));
      CHECK_THAT(einet::negative_log_likelihood({values, 2, 2, first}, temperature),
                 WithinAbs(std::log(2.), 1e-9));
      CHECK_THAT(
          einet::tempered_confidence(values, 1, temperature),
          WithinAbs(std::exp(double{low} / temperature) / (1 + 2 * std::exp(double{low} / temperature)),
                    1e-6));
    }
    CHECK(einet::fit_temperature({values, 2, 3, first}) > 19);
    CHECK(einet::fit_temperature({values, 2, 2, first}) == 1);
  }
  const std::vector<float> hole{std::numeric_limits<float>::quiet_NaN(), -1.f}, none{-HUGE_VALF, -HUGE_VALF};
  CHECK(einet::tempered_confidence(hole, 0, 1) == 0);
  CHECK(einet::tempered_confidence(none, 0, 1) == 0);
}

TEST_CASE("a value that is not a log-probability or not a temperature is refused by name",
          "[predict][temperature]") {
  constexpr std::size_t wraps = (std::numeric_limits<std::size_t>::max)() / 2 + 1;  // twice it is 0
  const std::vector<std::int32_t> first{0};
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), HUGE_VALF, -HUGE_VALF, .5f}) {
    const std::vector<float> values{-1.f, bad};
    CHECK_THROWS_WITH(einet::fit_temperature({values, 2, 2, first}),
                      ContainsSubstring("LogProbabilities: values[1] is "));
  }
  const std::vector<float> sound{-1.f, -2.f};
  // As many as would fit if the product of a wrong number of samples did not overflow.
  CHECK_THROWS_AS(einet::fit_temperature({{}, wraps, wraps, std::vector<std::int32_t>{0, 0}}),
                  std::invalid_argument);
  for (const double bad : {0., -1., HUGE_VAL, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_WITH(einet::negative_log_likelihood({sound, 2, 2, first}, bad),
                      ContainsSubstring("temperature is "));
}

}  // namespace

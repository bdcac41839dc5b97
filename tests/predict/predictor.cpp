#include "catch.hpp"
#include "predict/fitted.hpp"
#include "predict/samples.hpp"

#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/paper/weight_format.hpp>
#include <einet/predict/predictor.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <string>

using namespace einet;
using einet::test::ContainsSubstring;

static_assert(!einet::exit_predictor<int>);

namespace {

constexpr std::size_t four_exits = 4;
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// The predictions after exit 0, and then, with exit 1 skipped, after exit 2.
template <class Predictor>
std::array<float, 6> predicted(Predictor predictor, float first, float further, float then) {
  std::array<float, Predictor::inputs> seen;
  seen.fill(further);
  predictor.reset();
  std::array<float, 6> all{};
  seen[0] = first;
  predictor.observe(0, seen);
  std::copy_n(predictor.confidences().begin(), 4, all.begin());
  seen[0] = then;
  predictor.observe(2, seen);
  std::copy_n(predictor.confidences().begin() + 2, 2, all.begin() + 4);
  return all;
}

/// Numbers that a network may give instead of a probability, and the one to take for each.
constexpr std::array<float, 11> sayings{
    not_a_number, HUGE_VALF, -HUGE_VALF, -1.f, -0.f, std::numeric_limits<float>::denorm_min(),
    .5f,          1.f,       1.0000001f, 2.f,  3e38f};

/// Runs every such number at every exit, for every choice of exits to run.
/// @return how often `confidences()` was not all probabilities
template <class Predictor>
std::size_t unsound_predictions(Predictor predictor) {
  std::size_t unsound = 0;
  const auto look = [&](const Predictor& at) {
    for (const float value : at.confidences())
      unsound += is_finite(value) && value >= 0.f && value <= 1.f ? 0 : 1;
  };
  const auto go_on = [&](const auto& self, const Predictor& before, std::size_t from) -> void {
    for (std::size_t exit = from; exit < Predictor::exits; ++exit)
      for (std::size_t said = 0; said < sayings.size(); ++said) {
        Predictor after = before;
        std::array<float, Predictor::inputs> seen;
        for (std::size_t i = 0; i < seen.size(); ++i) seen[i] = sayings[(said + 4 * i) % sayings.size()];
        after.observe(exit, seen);
        look(after);
        self(self, after, exit + 1);
      }
  };
  predictor.reset();
  look(predictor);
  go_on(go_on, predictor, 0);
  predictor.reset();
  look(predictor);
  return unsound;
}

/// Whatever it observes, the predictor predicts probabilities, the same as for the nearest confidence (0 for
/// NaN), then and at the exits that follow.
template <class Predictor>
void keeps_the_border(const Predictor& predictor) {
  static_assert(einet::exit_predictor<Predictor>);
  const auto sound = [](const std::array<float, 6>& all) {
    for (const float value : all) CHECK((value >= 0.f && value <= 1.f));
  };
  struct Case {
    float shown, read;
  };
  for (const auto [shown, read] : {Case{not_a_number, 0.f}, Case{-HUGE_VALF, 0.f}, Case{-.5f, 0.f},
                                   Case{0.f, 0.f}, Case{1.f, 1.f}, Case{1.5f, 1.f}, Case{HUGE_VALF, 1.f}}) {
    CAPTURE(shown);
    const auto first = predicted(predictor, shown, .5f, .6f);
    sound(first);
    CHECK(first == predicted(predictor, read, .5f, .6f));
    const auto then = predicted(predictor, .6f, .5f, shown);
    sound(then);
    CHECK(then == predicted(predictor, .6f, .5f, read));
  }
  for (const float further : {not_a_number, HUGE_VALF, -HUGE_VALF, 3e38f}) {
    CAPTURE(further);
    sound(predicted(predictor, .5f, further, not_a_number));
  }
}

}  // namespace

TEST_CASE("an invalid confidence does not spread through a predictor of confidences",
          "[predict][predictor]") {
  const unsigned seed = 33;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto samples = test::random_samples<four_exits>(200, random);
  const auto means = target_means(samples.view(), Target::confidence);
  keeps_the_border(PriorPredictor<four_exits>{means});
  const TablePredictor<four_exits, 9> table{fit_table<four_exits, 9>(samples.view())};
  keeps_the_border(table);
  CsParameters<four_exits, 8> parameters;
  std::normal_distribution<float> normal;
  parameters.for_each_tensor([&](const auto&, auto, std::span<float> values) {
    for (float& value : values) value = normal(random);
  });
  parameters.means = means;
  parameters.initial[0] = .5f;
  for (const float target : {0.f, 1.f}) {
    parameters.target[0] = target;
    keeps_the_border(CsPredictor<four_exits, 8>{parameters});
  }
}

TEST_CASE("an invalid confidence does not spread through a predictor of one, two and four inputs",
          "[predict][predictor]") {
  const unsigned seed = 34;
  CAPTURE(seed);
  std::mt19937 random(seed);
  keeps_the_border(
      GaussianPredictor<four_exits>{fit_gaussian(test::random_samples<four_exits>(200, random).view())});
  keeps_the_border(GaussianPredictor<four_exits, 2>{
      fit_gaussian(test::random_samples<four_exits, 2>(200, random).view())});
  const auto samples = test::random_samples<four_exits, 4>(200, random);
  const GaussianPredictor<four_exits, 4> four{fit_gaussian(samples.view())};
  keeps_the_border(four);
}

TEMPLATE_TEST_CASE("whatever a network yields at any exits, the predictions are probabilities",
                   "[predict][predictor]", PriorPredictor<3>, (TablePredictor<3, 9>), QuadraticPredictor<3>,
                   (GaussianPredictor<3>), (GaussianPredictor<3, 2>), (GaussianPredictor<3, 4>),
                   (CsPredictor<3, 8>), (CsPredictor<3, 8, Bf16>), (CsPredictor<3, 8, Int8>)) {
  const unsigned seed = 35;
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (const auto& [name, samples] : test::odd_samples<3, TestType::inputs>(random)) {
    CAPTURE(name);
    for (const Target target : {Target::confidence, Target::correctness}) {
      const TestType fitted = test::Fitted<TestType>::on(samples.view(), target);
      CHECK(unsound_predictions(fitted) == 0);
      const auto means = target_means(samples.view(), target);
      // A calibrated predictor also uses the predictions of the one that it calibrates.
      for (std::size_t k = 0; k < 3; ++k) CHECK(std::fabs(fitted.confidences()[k] - means[k]) <= 1e-6f);
    }
  }
}

TEST_CASE("the most extreme parameters that are accepted still make probabilities", "[predict][predictor]") {
  TableParameters<3, 5> table;
  for (std::size_t i = 0; i < table.values.size(); ++i) table.values[i] = i % 2 == 0 ? 1e30f : -1e30f;
  CHECK(unsound_predictions(TablePredictor<3, 5>{table}) == 0);

  constexpr float largest = (std::numeric_limits<float>::max)();
  CsParameters<3, 8> network;
  network.for_each_tensor([](const auto&, auto, std::span<float> values) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = i % 3 == 0 ? largest : -largest;
  });
  network.means.fill(.5f);
  network.initial[0] = 1;
  for (const float target : {0.f, 1.f}) {
    network.target[0] = target;
    CHECK(unsound_predictions(CsPredictor<3, 8>{network}) == 0);
    CHECK(unsound_predictions(CsPredictor<3, 8, Bf16>{network}) == 0);
    CHECK(unsound_predictions(CsPredictor<3, 8, Int8>{network}) == 0);
  }

  GaussianParameters<3, 2> law;
  law.scale.assign(law.scale.size(), std::numeric_limits<float>::denorm_min());
  law.noise[0] = std::numeric_limits<float>::denorm_min();
  law.low.assign(law.low.size(), -largest);
  law.high.assign(law.high.size(), largest);
  law.target_covariance.assign(law.target_covariance.size(), largest);
  CHECK(unsound_predictions(GaussianPredictor<3, 2>{law}) == 0);
}

TEMPLATE_TEST_CASE("samples that are not numbers are refused by every fit, by name", "[predict][predictor]",
                   PriorPredictor<3>, (TablePredictor<3, 9>), QuadraticPredictor<3>, (GaussianPredictor<3>),
                   (GaussianPredictor<3, 2>), (GaussianPredictor<3, 4>), (CsPredictor<3, 8>),
                   (CsPredictor<3, 8, Bf16>), (CsPredictor<3, 8, Int8>)) {
  std::mt19937 random(36);
  const auto sound = test::random_samples<3, TestType::inputs>(40, random);
  for (std::size_t i = 0; i < TestType::inputs; ++i)
    for (const float bad : {not_a_number, HUGE_VALF, -HUGE_VALF}) {
      auto spoilt = sound;
      spoilt.inputs[7][2][i] = bad;
      CAPTURE(i, bad);
      CHECK_THROWS_WITH(test::Fitted<TestType>::on(spoilt.view(), Target::confidence),
                        ContainsSubstring("fitting samples: inputs[7][2][" + std::to_string(i) + "] is "));
    }
  auto spoilt = sound;
  spoilt.correct.pop_back();
  CHECK_THROWS_WITH(
      TestType(test::Fitted<TestType>::on(FittingSamples<3, TestType::inputs>{spoilt.inputs, spoilt.correct},
                                          Target::correctness)),
      ContainsSubstring("correct.size() is 39, expected as many as inputs: 40"));
}

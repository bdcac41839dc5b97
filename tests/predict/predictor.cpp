#include "catch.hpp"
#include "predict/samples.hpp"

#include <einet/predict/calibrated_predictor.hpp>
#include <einet/predict/carry_forward.hpp>
#include <einet/predict/cs_predictor.hpp>
#include <einet/predict/gaussian_fit.hpp>
#include <einet/predict/gaussian_predictor.hpp>
#include <einet/predict/linear_predictor.hpp>
#include <einet/predict/predictor.hpp>
#include <einet/predict/prior_predictor.hpp>
#include <einet/predict/table_fit.hpp>
#include <einet/predict/table_predictor.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <span>

using namespace einet;

static_assert(!einet::predictor<int>);

namespace {

constexpr std::size_t four_exits = 4;
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// What is predicted from exit 0 on, and then, exit 1 skipped, from exit 2 on.
template <class Predictor>
std::array<float, 6> predicted(Predictor predictor, float first, float further, float then) {
  std::array<float, Predictor::signals> seen;
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

/// Whatever is shown, the predictor says probabilities, those that it says for the nearest confidence (0 for
/// NaN), then and at the four_exits that follow.
template <class Predictor>
void keeps_the_border(const Predictor& predictor) {
  static_assert(einet::predictor<Predictor>);
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

TEST_CASE("no confidence that is none spreads through a predictor of confidences", "[predict][predictor]") {
  const unsigned seed = 33;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto samples = test::random_samples<four_exits>(200, random);
  const auto means = target_means(samples.view(), Target::confidence);
  keeps_the_border(PriorPredictor<four_exits>{means});
  keeps_the_border(CarryForward<four_exits>{means});
  keeps_the_border(LinearPredictor<four_exits>{fit_linear(samples.view())});
  const TablePredictor<four_exits, 9> table{fit_table<four_exits, 9>(samples.view())};
  keeps_the_border(table);
  keeps_the_border(calibrated<9>(table, samples.view()));
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

TEST_CASE("no confidence that is none spreads through a predictor of one, two and four signals",
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
  keeps_the_border(calibrated<9>(four, samples.view()));
}

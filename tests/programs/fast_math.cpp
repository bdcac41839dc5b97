// Built with -ffast-math, where the compiler assumes that no value is infinite or NaN, einet still keeps its
// rules for such values.

#include "runs.hpp"

#include <einet/base/floating.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/run/planner.hpp>

#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace {

// Read at run time, so that nothing is folded.
volatile std::uint32_t float_bits[] = {0x7fc00000, 0xffc00000, 0x7f800000, 0xff800000,
                                       0x3f000000, 0x40000000, 0xbf000000};
volatile std::uint64_t double_bits[] = {0x7ff8000000000000, 0x7ff0000000000000, 0xfff0000000000000};

float number(int which) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(float_bits[which]));
}
double seconds(int which) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(double_bits[which]));
}

bool good = true;
void check(bool holds, const char* rule) {
  if (!holds) std::printf("broken: %s\n", rule);
  good = good && holds;
}

template <class Make>
void refuses(const Make& make, const char* rule) {
  try {
    make();
    check(false, rule);
  } catch (const std::invalid_argument&) {
  }
}

}  // namespace

int main() {
  const float nan = number(0), negative_nan = number(1), infinite = number(2), least = number(3);
  const float half = number(4), two = number(5), below = number(6);
  check(einet::is_nan(nan) && einet::is_nan(negative_nan) && !einet::is_nan(infinite) && !einet::is_nan(half),
        "is_nan");
  check(!einet::is_finite(nan) && !einet::is_finite(infinite) && !einet::is_finite(least) &&
            einet::is_finite(half),
        "is_finite");
  check(einet::as_probability(nan) == 0 && einet::as_probability(negative_nan) == 0 &&
            einet::as_probability(least) == 0 && einet::as_probability(below) == 0,
        "an invalid probability counts as 0");
  check(einet::as_probability(infinite) == 1 && einet::as_probability(two) == 1 &&
            einet::as_probability(half) == half,
        "what is more than 1 counts as 1");

  const einet::TimeProfile<3> times{{1e-3, 1e-3, 1e-3}, {1e-3, 1e-3, 1e-3}};
  for (int which = 0; which < 3; ++which) {
    einet::TimeProfile<3> unsound = times;
    unsound.conv[1] = seconds(which);
    refuses(
        [&] {
          static_cast<void>(einet::Planner{unsound, einet::PriorPredictor<3>{{.3f, .6f, .9f}}});
        },
        "a planner refuses times that are not finite");
    refuses([&] { static_cast<void>(einet::PointMass{seconds(which)}); },
            "a point mass refuses a deadline that is not finite");
    refuses(
        [&] {
          static_cast<void>(einet::TruncatedGaussian{einet::Seconds{seconds(which)}, .1, 1});
        },
        "a Gaussian refuses a mean that is not finite");
  }
  refuses(
      [&] {
        static_cast<void>(einet::PriorPredictor<3>{{.3f, nan, .9f}});
      },
      "a predictor refuses means that are not numbers");

  // NaN counts as nothing in hand: planned as after an answer of confidence 0.
  for (const float seen : {nan, negative_nan, least}) {
    einet::Planner planner{times, einet::PriorPredictor<3>{{.3f, .6f, .9f}}}, plain = planner;
    planner.observe(0, seen, 2e-3);
    plain.observe(0, 0, 2e-3);
    check(planner.next_exit() == plain.next_exit() && planner.next_exit() == std::size_t{1},
          "a planner takes NaN for 0");
    planner.observe(1, half, seconds(0));
    check(planner.next_exit().has_value(), "a planner does without a time that is not a number");
  }

  for (const float bad : {nan, negative_nan, least}) {
    const auto result = runs::run<einet::MostConfidentAnswer>({{{{1, .3f}}, {{2, .8f}}, {{3, bad}}}});
    check(result.answer && result.answer->label == 2, "NaN does not beat the most confident answer");
    const auto first = runs::run<einet::MostConfidentAnswer>({{{{1, bad}}, {{2, .8f}}, {{3, .7f}}}});
    check(first.answer && first.answer->label == 2, "NaN is beaten by an answer");
  }
  const std::array<float, 3> logits{1, infinite, 0};
  const einet::Answer answer = einet::softmax_answer(logits);
  check(answer.label == 1 && answer.confidence >= 0 && answer.confidence <= 1 &&
            !einet::is_nan(answer.confidence),
        "softmax of an infinite logit is a probability");
  if (!good) return 1;
  std::puts("all rules hold");
}

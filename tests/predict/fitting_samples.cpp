#include "catch.hpp"

#include <einet/predict/fitting_samples.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

using einet::FittingSamples;
using einet::Target;
using einet::test::ContainsSubstring;

TEST_CASE("fitting samples hold the targets of a predictor, and their means", "[predict][fitting_samples]") {
  const std::vector<FittingSamples<2>::Row> inputs{{{{.25f}, {.5f}}}, {{{.75f}, {1.f}}}};
  const std::vector<std::array<bool, 2>> correct{{false, true}, {true, true}};
  const FittingSamples<2> samples{inputs, correct};
  CHECK_NOTHROW(validate(samples, Target::correctness));
  CHECK(samples.wanted(Target::confidence, 1, 0) == .75);
  CHECK(samples.wanted(Target::correctness, 0, 0) == 0);
  CHECK(target_means(samples, Target::confidence) == std::array<float, 2>{.5f, .75f});
  CHECK(target_means(samples, Target::correctness) == std::array<float, 2>{.5f, 1.f});
}

TEST_CASE("fitting samples that cannot be fitted are refused by name", "[predict][fitting_samples]") {
  using Samples = FittingSamples<2, 2>;
  std::vector<Samples::Row> inputs{{{{.25f, -3.f}, {.5f, 9.f}}}, {{{.75f, 0.f}, {1.f, 1.f}}}};
  const std::vector<std::array<bool, 2>> short_list{{false, true}};
  const auto refuses = [&](const Samples& samples, Target target, const char* complaint) {
    CHECK_THROWS_WITH(validate(samples, target), ContainsSubstring(complaint));
  };
  CHECK_NOTHROW(validate(Samples{inputs}, Target::confidence));
  refuses(Samples{}, Target::confidence, "count is 0, expected at least one sample");
  refuses(Samples{inputs, short_list}, Target::correctness,
          "correct.size() is 1, expected as many as inputs: 2");
  inputs[1][0][1] = std::numeric_limits<float>::infinity();
  refuses(Samples{inputs}, Target::confidence,
          "inputs[1][0][1] is inf, expected a finite number within 1e30 of 0");
  inputs[0][1][0] = 1.5f;
  refuses(Samples{inputs}, Target::confidence,
          "fitting samples: inputs[0][1][0] is 1.5, expected a probability in [0, 1]");
  inputs[0][1][0] = std::numeric_limits<float>::quiet_NaN();
  refuses(Samples{inputs}, Target::confidence, "inputs[0][1][0] is nan");
  inputs[0][1][0] = 1.f;
  inputs[1][0][1] = -1e31f;
  refuses(Samples{inputs}, Target::confidence, "inputs[1][0][1] is -1e+31");
  inputs[1][0][1] = -1e30f;
  CHECK_NOTHROW(validate(Samples{inputs}, Target::confidence));
}

TEST_CASE("a confidence that rounding has put outside [0, 1] is fitted as the nearest end",
          "[predict][fitting_samples]") {
  const std::vector<FittingSamples<2>::Row> inputs{{{{std::nextafter(1.f, 2.f)}, {-1e-7f}}}};
  const FittingSamples<2> samples{inputs};
  CHECK_NOTHROW(validate(samples, Target::confidence));
  CHECK(samples.confidence(0, 0) == 1.f);
  CHECK(samples.wanted(Target::confidence, 0, 1) == 0);
  CHECK(target_means(samples, Target::confidence) == std::array<float, 2>{1.f, 0.f});
}

#include "catch.hpp"
#include "observations.hpp"

#include <einet/profile/input_samples.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <vector>

namespace {

using einet::ConfidenceProfile;
using einet::ExitPlan;
using einet::test::WithAgreement;
using einet::test::WithinAbs;
using Row = einet::FittingSamples<3, 2>::Row;

TEST_CASE("fitting samples of a profile hold confidence and correctness", "[profile][inputs]") {
  const ConfidenceProfile<2> profile{{{.25f, 1.f}, {.5f, .75f}}, {{1, 2}, {1, 1}}, {1, 2}};
  const auto samples = confidence_samples(profile);
  CHECK(samples.inputs[0][1][0] == 1.f);
  CHECK(samples.inputs[1][0][0] == .5f);
  CHECK(samples.correct == std::vector<std::array<bool, 2>>{{true, false}, {false, false}});
  CHECK_NOTHROW(validate(samples.view(), einet::Target::correctness));
}

TEST_CASE("an answer agrees with the one in hand under the plan, not with one that was skipped",
          "[profile][inputs]") {
  const ConfidenceProfile<4> profile{{{.5f, .5f, .5f, .5f}}, {{3, 4, 3, 4}}, {3}};
  const auto agreement = [&](const ExitPlan<4>& plan) {
    const auto samples = einet::input_samples<WithAgreement>(profile, plan);
    std::array<float, 4> agrees{};
    for (std::size_t k = 0; k < 4; ++k) agrees[k] = samples.inputs[0][k][1];
    return agrees;
  };
  CHECK(agreement({0, 1, 2, 3}) == std::array<float, 4>{1, 0, 0, 0});
  CHECK(agreement({0, 2}) == std::array<float, 4>{1, 0, 1, 0});
  CHECK(agreement({}) == std::array<float, 4>{1, 1, 1, 1});
}

TEST_CASE("every sample may follow its own plan", "[profile][inputs]") {
  const ConfidenceProfile<3> profile{{{.1f, .2f, .3f}, {.4f, .5f, .6f}}, {{1, 2, 1}, {4, 4, 5}}, {1, 5}};
  const std::array<ExitPlan<3>, 2> plans{{{1}, {0, 1}}};
  const auto samples =
      einet::input_samples<WithAgreement>(profile, [&](std::size_t sample) { return plans[sample]; });
  CHECK(samples.inputs[0] == Row{{{.1f, 1}, {.2f, 1}, {.3f, 0}}});
  CHECK(samples.inputs[1] == Row{{{.4f, 1}, {.5f, 1}, {.6f, 0}}});
  CHECK(samples.correct == std::vector<std::array<bool, 3>>{{true, false, true}, {false, false, true}});
}

TEST_CASE("confidences rounded outside [0, 1] are read as probabilities", "[profile][inputs]") {
  const ConfidenceProfile<1> profile{{{std::nextafter(1.f, 2.f)}, {-1e-7f}}, {{1}, {1}}, {1, 1}};
  const auto samples = confidence_samples(profile);
  CHECK(samples.inputs[0][0][0] == 1.f);
  CHECK(samples.inputs[1][0][0] == 0.f);
}

}  // namespace

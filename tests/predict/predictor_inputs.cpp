#include "catch.hpp"

#include <einet/predict/predictor.hpp>

#include <array>
#include <limits>
#include <span>
#include <type_traits>

using einet::PredictorInputs;

static_assert(std::is_convertible_v<float, PredictorInputs<1>> &&
              !std::is_convertible_v<float, PredictorInputs<2>>);
static_assert(std::is_convertible_v<std::array<float, 2>, PredictorInputs<2>>);
static_assert(!std::is_convertible_v<std::array<float, 3>, PredictorInputs<2>>);

TEST_CASE("the inputs from an output become valid numbers, the first of them a probability",
          "[predict][predictor_inputs]") {
  const float no_number = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK(PredictorInputs<1>(no_number).sound(true) == std::array{0.f});
  CHECK(PredictorInputs<1>(1.5f).sound(false) == std::array{1.f});
  const std::array<float, 4> all{-.5f, -7.f, infinity, no_number};
  CHECK(PredictorInputs<4>(all).sound(false) == std::array{0.f, -7.f, 0.f, 0.f});
  const auto passed = PredictorInputs<4>(std::span<const float, 4>(all)).sound(true);
  CHECK(passed[0] == 0.f);
  CHECK(passed[2] == infinity);
  CHECK(passed[3] != passed[3]);
}

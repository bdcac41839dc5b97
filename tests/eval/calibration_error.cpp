#include "catch.hpp"

#include <einet/eval/calibration_error.hpp>

#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

using einet::eval::expected_calibration_error;
using einet::test::ContainsSubstring;
using einet::test::WithinAbs;

TEST_CASE("the expected calibration error is that of hand-counted bins", "[eval][calibration_error]") {
  const std::vector<float> confidence{.125f, .25f, .75f, 1.f}, correct{0.f, 1.f, 1.f, 1.f};
  // Two bins: |.375 - 1| and |1.75 - 2|, over four samples.
  CHECK_THAT(expected_calibration_error(confidence, correct, 2), WithinAbs((.625 + .25) / 4, 1e-6));
  // Four bins, borders in the upper one: |.125|, |.25 - 1|, none, and |1.75 - 2|.
  CHECK_THAT(expected_calibration_error(confidence, correct, 4), WithinAbs((.125 + .75 + .25) / 4, 1e-6));
  CHECK(expected_calibration_error({}, {}) == 0);
  CHECK_THROWS_AS(expected_calibration_error(confidence, {}), std::invalid_argument);
  CHECK_THROWS_AS(expected_calibration_error(confidence, correct, 0), std::invalid_argument);
}

TEST_CASE("outcomes and bins for which no error can be computed are refused by name",
          "[eval][calibration_error]") {
  const std::vector<float> sure{.5f, 1.f}, right{0.f, 1.f};
  const std::vector<float> half{0.f, .5f}, hole{std::numeric_limits<float>::quiet_NaN(), 1.f};
  CHECK_THROWS_WITH(expected_calibration_error(sure, half),
                    ContainsSubstring("correct[1] is 0.5, expected 0 or 1"));
  CHECK_THROWS_WITH(expected_calibration_error(sure, hole), ContainsSubstring("correct[0] is nan"));
  CHECK_THROWS_WITH(expected_calibration_error(sure, right, static_cast<std::size_t>(-1)),
                    ContainsSubstring("bins is " + std::to_string(static_cast<std::size_t>(-1)) +
                                      ", expected 1 to 1000000"));
}

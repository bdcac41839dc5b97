#include "catch.hpp"

#include <einet/eval/bootstrap.hpp>

#include <cmath>
#include <vector>

using einet::eval::bootstrap_mean;
using einet::test::WithinAbs;
using einet::test::WithinRel;

TEST_CASE("the bootstrap interval leaves out 2.5 % of the resampled means on either side",
          "[eval][bootstrap]") {
  // 0, 1, ..., 400 about 3: symmetric, so means of resamples are normal to a thousandth, with this spread.
  constexpr int count = 401;
  std::vector<double> values;
  for (int k = 0; k < count; ++k) values.push_back(3 + k - (count - 1) / 2);
  const double spread = std::sqrt((count * count - 1) / 12.0 / count);
  const auto interval = bootstrap_mean(values, 40000, 5);
  CHECK_THAT(interval.mean, WithinAbs(3, 1e-12));
  // The normal law's quantile; 94 % would be 1.881, and 96 % 2.054. The draws add half a percent.
  CHECK_THAT(interval.mean - interval.low, WithinRel(1.960 * spread, 0.02));
  CHECK_THAT(interval.high - interval.mean, WithinRel(1.960 * spread, 0.02));
}

TEST_CASE("the bootstrap repeats for a seed and takes what has no spread", "[eval][bootstrap]") {
  const std::vector<double> values{0, 1, 1, 0, 1};
  CHECK(bootstrap_mean(values, 100, 3).low == bootstrap_mean(values, 100, 3).low);
  CHECK(bootstrap_mean({}, 100, 3).high == 0);
  const std::vector<double> same(9, 0.25);
  CHECK(bootstrap_mean(same).low == 0.25);
  CHECK(bootstrap_mean(same).high == 0.25);
}

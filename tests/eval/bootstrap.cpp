#include "catch.hpp"

#include <einet/eval/bootstrap.hpp>

#include <cmath>
#include <random>
#include <vector>

using einet::eval::bootstrap_mean;
using einet::test::WithinAbs;
using einet::test::WithinRel;

TEST_CASE("the bootstrap interval of normal data is that of the normal law", "[eval][bootstrap]") {
  std::mt19937_64 random(41);
  std::normal_distribution<double> normal(3, 2);
  std::vector<double> values(2000);
  double sum = 0;
  for (double& value : values) sum += value = normal(random);
  const auto interval = bootstrap_mean(values, 4000, 5);
  CHECK_THAT(interval.mean, WithinAbs(sum / 2000, 1e-12));
  const double half = 1.96 * 2 / std::sqrt(2000.0);
  CHECK_THAT(interval.mean - interval.low, WithinRel(half, 0.12));
  CHECK_THAT(interval.high - interval.mean, WithinRel(half, 0.12));
}

TEST_CASE("the bootstrap repeats for a seed and takes what has no spread", "[eval][bootstrap]") {
  const std::vector<double> values{0, 1, 1, 0, 1};
  CHECK(bootstrap_mean(values, 100, 3).low == bootstrap_mean(values, 100, 3).low);
  CHECK(bootstrap_mean({}, 100, 3).high == 0);
  const std::vector<double> same(9, 0.25);
  CHECK(bootstrap_mean(same).low == 0.25);
  CHECK(bootstrap_mean(same).high == 0.25);
}

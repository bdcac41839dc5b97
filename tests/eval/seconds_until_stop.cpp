#include "catch.hpp"

#include <einet/eval/seconds_until_stop.hpp>
#include <einet/plan/mixture.hpp>
#include <einet/plan/piecewise_linear.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/plan/truncated_gaussian.hpp>
#include <einet/plan/uniform.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

using namespace einet;
using einet::test::WithinAbs;
using einet::test::WithinRel;

namespace {

/// No stop in three cases of ten, else memoryless.
struct Memoryless {
  double rate;
  double cdf(double seconds) const noexcept { return seconds <= 0 ? 0 : .7 * -std::expm1(-rate * seconds); }
};

/// The same law, but no longer known as uniform.
struct AnyUniform {
  Uniform law;
  double cdf(double seconds) const noexcept { return law.cdf(seconds); }
};

/// Steps and nothing else.
struct Steps {
  std::vector<double> moments;  // each as likely as the others, one of them never
  double cdf(double seconds) const noexcept {
    const auto gone = std::count_if(moments.begin(), moments.end(), [&](double m) { return m < seconds; });
    return static_cast<double>(gone) / static_cast<double>(moments.size() + 1);
  }
};

/// The middle of very many slices.
template <class Law>
double summed(const Law& law, double busy) {
  constexpr int slices = 200'000;
  double sum = 0;
  for (int i = 0; i < slices; ++i) sum += 1 - law.cdf(busy * (i + .5) / slices);
  return sum * busy / slices;
}

}  // namespace

TEST_CASE("time until a stop is the integral of the probability that no stop has come",
          "[eval][seconds_until_stop]") {
  for (const double busy : {.001, .3, .77, 1., 1.9, 12.}) {
    CAPTURE(busy);
    CHECK_THAT(eval::seconds_until_stop(Uniform{1.3}, busy), WithinRel(summed(Uniform{1.3}, busy), 1e-8));
    CHECK_THAT(eval::seconds_until_stop(AnyUniform{Uniform{1.3}}, busy),
               WithinRel(eval::seconds_until_stop(Uniform{1.3}, busy), 1e-10));
    const TruncatedGaussian bell = TruncatedGaussian::of_horizon(.4, .2).over(1.1);
    CHECK_THAT(eval::seconds_until_stop(bell, busy), WithinRel(summed(bell, busy), 1e-8));
    const PiecewiseLinear histogram(std::vector<double>{1, 0, 9, 4, 1}, 1.7, 3);
    CHECK_THAT(eval::seconds_until_stop(histogram, busy), WithinRel(summed(histogram, busy), 1e-8));
    // In closed form: .3 b + .7 (1 - exp(-r b)) / r.
    CHECK_THAT(eval::seconds_until_stop(Memoryless{2}, busy),
               WithinRel(.3 * busy + .7 * -std::expm1(-2 * busy) / 2, 1e-10));
  }
}

TEST_CASE("a stop at a certain moment cuts longer runs there", "[eval][seconds_until_stop]") {
  const std::uint64_t seed = 31;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> unit(0, 2);
  for (int round = 0; round < 200; ++round) {
    const double moment = unit(random), busy = unit(random);
    CAPTURE(moment, busy);
    CHECK_THAT(eval::seconds_until_stop(PointMass{moment}, busy), WithinRel((std::min)(moment, busy), 1e-9));
    Steps law;
    double mean = busy;
    for (int k = 0; k < 7; ++k) {
      law.moments.push_back(unit(random));
      mean += (std::min)(law.moments.back(), busy);
    }
    CHECK_THAT(eval::seconds_until_stop(law, busy), WithinRel(mean / 8, 1e-9));
  }
}

TEST_CASE("who is never busy is never stopped", "[eval][seconds_until_stop]") {
  CHECK(eval::seconds_until_stop(Uniform{1}, 0) == 0);
  CHECK(eval::seconds_until_stop(PointMass{1}, 0) == 0);
  CHECK_THAT(eval::seconds_until_stop(PointMass{1e-300}, 1), WithinAbs(0, 1e-12));
}

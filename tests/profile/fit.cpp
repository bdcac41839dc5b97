#include "catch.hpp"
#include "profile/of_samples.hpp"

#include <einet/profile/fit.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <random>

using namespace einet;
using einet::test::ContainsSubstring;

namespace {

constexpr std::size_t exits = 3;

ConfidenceProfile<exits> random_profile() {
  std::mt19937 random(91);
  return test::random_sample_profile<exits>(60, random);
}

}  // namespace

TEST_CASE("a fit to a profile is the fit to its samples", "[profile][fit]") {
  const auto profile = random_profile();
  const auto samples = confidence_samples(profile);
  const auto view = samples.view();
  CHECK(fit_quadratic(profile) == fit_quadratic(view));
  CHECK(fit_quadratic(profile, Target::confidence, .1) == fit_quadratic(view, Target::confidence, .1));
  CHECK(fit_gaussian(profile) == fit_gaussian(view));
  CHECK(fit_gaussian(profile, {Target::confidence}) == fit_gaussian(view, {Target::confidence}));
  CHECK(fit_table(profile) == fit_table(view));
  CHECK(fit_table<exits, 5>(profile, {Target::confidence, 3}) ==
        fit_table<exits, 5>(view, {Target::confidence, 3}));
  CHECK(fit_calibration(profile) == fit_calibration(view));
  CHECK(fit_calibration<7>(profile) == fit_calibration<7>(view));
}

TEST_CASE("a fit to a profile forgives rounding and refuses an invalid profile by field, sample and exit",
          "[profile][fit]") {
  auto profile = random_profile();
  profile.confidence[4][1] = std::nextafter(1.f, 2.f);
  CHECK_NOTHROW(fit_quadratic(profile));
  profile.confidence[4][1] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(fit_quadratic(profile), ContainsSubstring("confidence profile: confidence[4][1] is nan"));
  profile.confidence.pop_back();
  CHECK_THROWS_WITH(fit_gaussian(profile), ContainsSubstring("confidence.size() is 59"));
  CHECK_THROWS_WITH(fit_table(ConfidenceProfile<2>{}),
                    ContainsSubstring("count is 0, expected at least one sample"));
}

#include "catch.hpp"
#include "profile/of_samples.hpp"

#include <einet/paper/fit.hpp>
#include <einet/profile/input_samples.hpp>

#include <cstddef>
#include <random>

using namespace einet;

TEST_CASE("the paper's predictor is trained on a profile as on its samples", "[paper][fit]") {
  std::mt19937 random(91);
  const auto profile = test::random_sample_profile<3>(60, random);
  const auto samples = confidence_samples(profile);
  CsTrainerOptions options;
  options.epochs = 1;
  CHECK(train_cs_predictor<4>(profile, options).parameters ==
        train_cs_predictor<4>(samples.view(), options).parameters);
}

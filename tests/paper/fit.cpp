#include "catch.hpp"
#include "predict/samples.hpp"

#include <einet/paper/fit.hpp>

#include <cstddef>
#include <cstdint>
#include <random>

using namespace einet;

TEST_CASE("the paper's predictor is trained on a profile as on its samples", "[paper][fit]") {
  constexpr std::size_t exits = 2;
  std::mt19937 random(91);
  const auto samples = test::random_samples<exits>(60, random);
  ConfidenceProfile<exits> profile;
  for (std::size_t s = 0; s < samples.inputs.size(); ++s) {
    profile.label.push_back(static_cast<std::int32_t>(s % 7));
    auto& confidence = profile.confidence.emplace_back();
    auto& predicted = profile.predicted.emplace_back();
    for (std::size_t k = 0; k < exits; ++k) {
      confidence[k] = samples.inputs[s][k][0];
      predicted[k] = samples.correct[s][k] ? profile.label[s] : -2;
    }
  }
  CsTrainerOptions options;
  options.epochs = 1;
  CHECK(train_cs_predictor<4>(profile, options).parameters ==
        train_cs_predictor<4>(samples.view(), options).parameters);
}

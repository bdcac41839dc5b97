#pragma once
// A confidence profile of easy and hard samples whose exits are right as often as they claim.

#include <einet/profile/confidence_profile.hpp>

#include <cstddef>
#include <random>

namespace einet::test {

template <std::size_t N>
ConfidenceProfile<N> random_profile(std::mt19937_64& random, std::size_t samples) {
  std::uniform_real_distribution<float> unit(0, 1);
  ConfidenceProfile<N> profile;
  for (std::size_t s = 0; s < samples; ++s) {
    const float ease = unit(random);
    profile.confidence.emplace_back();
    profile.predicted.emplace_back();
    profile.label.push_back(1);
    for (std::size_t k = 0; k < N; ++k) {
      const float depth = static_cast<float>(k + 1) / static_cast<float>(N);
      const float p = 0.2f + 0.7f * ease * depth;
      profile.confidence[s][k] = p;
      profile.predicted[s][k] = unit(random) < p ? 1 : 0;
    }
  }
  return profile;
}

}  // namespace einet::test

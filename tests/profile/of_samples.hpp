#pragma once
// Random fitting samples as a confidence profile that says the same.

#include "predict/samples.hpp"

#include <einet/profile/confidence_profile.hpp>

#include <cstddef>
#include <cstdint>
#include <random>

namespace einet::test {

template <std::size_t N>
[[nodiscard]] ConfidenceProfile<N> random_sample_profile(std::size_t count, std::mt19937& random) {
  const auto samples = random_samples<N>(count, random);
  ConfidenceProfile<N> profile;
  for (std::size_t s = 0; s < count; ++s) {
    profile.label.push_back(static_cast<std::int32_t>(s % 7));
    auto& confidence = profile.confidence.emplace_back();
    auto& predicted = profile.predicted.emplace_back();
    for (std::size_t k = 0; k < N; ++k) {
      confidence[k] = samples.inputs[s][k][0];
      predicted[k] = samples.correct[s][k] ? profile.label[s] : -2;
    }
  }
  return profile;
}

}  // namespace einet::test

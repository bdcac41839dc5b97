#pragma once
// Random outputs of a classifier, and what all policies that make one answer of several do with bad ones.

#include "catch.hpp"

#include <einet/run/answer.hpp>
#include <einet/run/slot.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <span>

namespace einet::test {

template <std::size_t Classes>
[[nodiscard]] Scores<Classes> random_scores(std::mt19937& random) {
  std::normal_distribution<float> logit{0, 3};
  std::array<float, Classes> logits;
  for (float& value : logits) value = logit(random);
  return softmax_scores(std::span<const float, Classes>(logits));
}

/// Outputs with a bad score at any exit and class: the answer is that of the others.
/// @param fresh a policy for `Exits` exits
template <std::size_t Exits, std::size_t Classes, class Policy>
void leaves_out_bad_scores(const Policy& fresh) {
  constexpr std::uint32_t seed = 6;
  CAPTURE(seed);
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr float infinity = std::numeric_limits<float>::infinity();
  std::mt19937 random{seed};
  std::array<Scores<Classes>, Exits> good;
  for (Scores<Classes>& output : good) output = random_scores<Classes>(random);
  for (const float bad : {nan, -nan, infinity, -infinity, -.1f, -1e-30f})
    for (std::size_t c = 0; c < Classes; ++c)
      for (unsigned places = 0; places < 1U << Exits; ++places) {
        CAPTURE(bad, c, places);
        Policy policy = fresh, expected = fresh;
        policy.reset();
        expected.reset();
        std::optional<Published<Scores<Classes>>> in_hand, without;
        for (std::size_t k = 0; k < Exits; ++k) {
          Scores<Classes> given = good[k];
          const bool spoilt = (places >> k & 1U) != 0;
          if (spoilt) given.scores[c] = bad;
          if (!spoilt) without = expected(good[k], k, without ? &*without : nullptr);
          in_hand = policy(given, k, in_hand ? &*in_hand : nullptr);
          if (without) CHECK(in_hand == without);
        }
      }
}

}  // namespace einet::test

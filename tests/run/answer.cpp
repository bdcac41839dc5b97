#include "catch.hpp"

#include <einet/run/answer.hpp>

#include <array>
#include <cmath>
#include <span>

using einet::test::WithinAbs;

TEST_CASE("softmax names the most probable class and its probability", "[run][answer]") {
  const std::array<float, 4> logits{0.5f, 2.f, -1.f, 1.5f};
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit));
  const einet::Answer answer = einet::softmax_answer(logits);
  const einet::Scores<4> scores = einet::softmax_scores(std::span<const float, 4>(logits));
  CHECK(answer.label == 1);
  CHECK(scores.label == 1);
  CHECK_THAT(answer.confidence, WithinAbs(std::exp(2.0) / sum, 1e-6));
  CHECK(confidence(scores) == scores.scores[1]);
  for (std::size_t k = 0; k < 4; ++k)
    CHECK_THAT(scores.scores[k], WithinAbs(std::exp(static_cast<double>(logits[k])) / sum, 1e-6));
}

TEST_CASE("softmax neither overflows nor prefers a later equal class", "[run][answer]") {
  const std::array<float, 3> huge{1e30f, -1e30f, 1e30f};
  CHECK(einet::softmax_answer(huge).label == 0);
  CHECK_THAT(einet::softmax_answer(huge).confidence, WithinAbs(0.5, 1e-6));
  const std::array<float, 1> one{-5.f};
  CHECK(einet::softmax_answer(one) == einet::Answer{0, 1.f});
}

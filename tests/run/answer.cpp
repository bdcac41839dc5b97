#include "catch.hpp"

#include <einet/run/answer.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

using einet::test::WithinAbs;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float no_bound = std::numeric_limits<float>::infinity();

template <std::size_t K>
einet::Scores<K> scores_of(const std::array<float, K>& logits) {
  return einet::softmax_scores(std::span<const float, K>(logits));
}

}  // namespace

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

TEST_CASE("an infinite logit takes all the probability; several share it", "[run][answer]") {
  CHECK(einet::softmax_answer(std::array{1.f, no_bound, 0.f}) == einet::Answer{1, 1.f});
  CHECK(scores_of(std::array{1.f, no_bound, 0.f}) == einet::Scores<3>{{0.f, 1.f, 0.f}, 1, 1.f});
  CHECK(scores_of(std::array{no_bound, 1.f, no_bound, not_a_number}) ==
        einet::Scores<4>{{.5f, 0.f, .5f, 0.f}, 0, .5f});
  CHECK(scores_of(std::array{3e38f, -3e38f}) == einet::Scores<2>{{1.f, 0.f}, 0, 1.f});
  CHECK(scores_of(std::array{-0.f, 0.f}).label == 0);
}

TEST_CASE("a logit that is not a number counts for nothing", "[run][answer]") {
  CHECK(einet::softmax_answer(std::array{not_a_number, 1.f, 0.f}).label == 1);
  const std::array<float, 4> values{not_a_number, -no_bound, 0.f, 1.5f};
  // Every combination at five places, against softmax in double over those that are numbers.
  for (unsigned code = 0; code < 4 * 4 * 4 * 4 * 4; ++code) {
    std::array<float, 5> logits{};
    unsigned rest = code;
    double sum = 0;
    std::size_t best = 0;
    for (std::size_t k = 0; k < logits.size(); ++k, rest /= 4) {
      logits[k] = values[rest % 4];
      if (rest % 4 < 2) continue;
      if (sum == 0 || logits[k] > logits[best]) best = k;
      sum += std::exp(static_cast<double>(logits[k]));
    }
    CAPTURE(code);
    const auto scores = scores_of(logits);
    const auto answer = einet::softmax_answer(logits);
    CHECK(scores.label == static_cast<std::int32_t>(best));
    CHECK(answer.label == scores.label);
    rest = code;
    for (std::size_t k = 0; k < logits.size(); ++k, rest /= 4) {
      const double expected = rest % 4 < 2 ? 0 : std::exp(static_cast<double>(logits[k])) / sum;
      CHECK_THAT(scores.scores[k], WithinAbs(expected, 1e-6));
    }
    CHECK(scores.confidence == scores.scores[best]);  // 0 if there are no numbers
    CHECK_THAT(answer.confidence, WithinAbs(static_cast<double>(scores.confidence), 1e-6));
  }
}

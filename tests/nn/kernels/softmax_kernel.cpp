#include "catch.hpp"

#include <einet/nn/kernels/softmax_kernel.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <vector>

using namespace einet;
using einet::test::WithinAbs;

namespace {

constexpr std::size_t most_classes = 70;  // several vectors, and every tail

/// Both answers of these logits, by lanes; `guard` values around them are not to count.
template <std::size_t K>
void expect_softmax(const std::vector<float>& logits) {
  std::vector<float> guarded(K + 32, 1e30f);
  std::copy_n(logits.begin(), K, guarded.begin() + 16);
  const std::span<const float, K> given(guarded.data() + 16, K);
  const Answer answer = nn::detail::answer_in_lanes(std::span<const float>(given));
  const Scores<K> scores = nn::detail::scores_in_lanes<K>(given);

  const auto best = std::max_element(given.begin(), given.end()) - given.begin();
  const double largest = static_cast<double>(given[static_cast<std::size_t>(best)]);
  double sum = 0;
  for (const float logit : given) sum += std::exp(static_cast<double>(logit) - largest);
  REQUIRE(answer.label == best);
  REQUIRE(scores.label == best);
  REQUIRE(scores.confidence == scores.scores[static_cast<std::size_t>(best)]);
  REQUIRE_THAT(answer.confidence, WithinAbs(1 / sum, 2e-6));
  REQUIRE(answer.confidence <= 1);
  for (std::size_t k = 0; k < K; ++k)
    REQUIRE_THAT(scores.scores[k], WithinAbs(std::exp(static_cast<double>(given[k]) - largest) / sum, 2e-6));
}

template <std::size_t K = 1, class F>
void for_every_size(const F& f) {
  f.template operator()<K>();
  if constexpr (K < most_classes) for_every_size<K + 1>(f);
}

}  // namespace

TEST_CASE("softmax in lanes is that by definition, for any number of classes", "[nn][softmax]") {
  std::mt19937 random(7);
  for_every_size([&]<std::size_t K>() {
    CAPTURE(K);
    std::normal_distribution<float> value(0, 5);
    std::vector<float> logits(K);
    for (float& logit : logits) logit = value(random);
    expect_softmax<K>(logits);
    logits[K / 2] = logits[K - 1] = 40;  // the first of equal ones
    expect_softmax<K>(logits);
    logits.assign(K, -3e38f);  // differences overflow
    logits[K - 1] = 3e38f;
    expect_softmax<K>(logits);
    logits.assign(K, 0.f);
    logits[0] = -0.f;
    expect_softmax<K>(logits);
  });
}

TEST_CASE("softmax in lanes treats what is not finite as softmax_answer does", "[nn][softmax]") {
  constexpr std::size_t K = 37;
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (const float special : {infinity, -infinity, std::numeric_limits<float>::quiet_NaN()}) {
    for (std::size_t at = 0; at < K; ++at) {
      std::vector<float> logits(K);
      for (std::size_t k = 0; k < K; ++k) logits[k] = static_cast<float>(k % 5);
      logits[at] = special;
      const std::span<const float, K> given(logits.data(), K);
      REQUIRE(nn::detail::answer_in_lanes(logits) == softmax_answer(logits));
      REQUIRE(nn::detail::scores_in_lanes<K>(given) == softmax_scores<K>(given));
    }
  }
}

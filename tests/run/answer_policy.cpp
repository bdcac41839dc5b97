#include "catch.hpp"
#include "counting_new.hpp"
#include "run/class_outputs.hpp"

#include <einet/run/answer_policy.hpp>
#include <einet/run/average_answer.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <span>

using einet::Answer;
using einet::AverageAnswer;
using einet::LogMean;
using einet::MostConfidentAnswer;
using einet::NewestAnswer;
using einet::ProbabilityMean;
using einet::Published;
using einet::Scores;
using einet::test::ContainsSubstring;
using einet::test::leaves_out_bad_scores;
using einet::test::random_scores;
using einet::test::WithinAbs;

static_assert(einet::answer_policy<NewestAnswer, Answer>);
static_assert(einet::answer_policy<MostConfidentAnswer, Answer>);
static_assert(einet::answer_policy<AverageAnswer<3, 10>, Scores<10>>);
static_assert(!einet::answer_policy<AverageAnswer<3, 10>, Scores<9>>);
static_assert(!einet::answer_policy<AverageAnswer<3, 10>, Answer>);
static_assert(einet::answer_policy<NewestAnswer, int> && !einet::answer_policy<MostConfidentAnswer, int>);

namespace averages {  // tests are compiled together

constexpr std::size_t exits = 5;
constexpr std::size_t classes = 11;  // no multiple of a register
using Output = Scores<classes>;

/// In double and by definition: the mean of all outputs so far, from scratch.
template <class To, class From>
std::array<double, classes> mean(std::span<const Output> outputs, std::span<const float> weights, To to,
                                 From from) {
  std::array<double, classes> result{};
  double all = 0;
  for (const float weight : weights) all += static_cast<double>(weight);
  for (std::size_t c = 0; c < classes; ++c) {
    for (std::size_t k = 0; k < outputs.size(); ++k)
      result[c] += static_cast<double>(weights[k]) * to(static_cast<double>(outputs[k].scores[c]));
    result[c] = from(result[c] / all);
  }
  double sum = 0;
  for (const double value : result) sum += value;
  for (double& value : result) value /= sum;
  return result;
}

template <class Policy>
void compare(Policy policy, std::span<const float> weights, double (*to)(double), double (*from)(double)) {
  constexpr std::uint32_t seed = 5;
  CAPTURE(seed);
  std::mt19937 random{seed};
  for (int run = 0; run < 20; ++run) {
    policy.reset();
    std::array<Output, exits> outputs;
    for (std::size_t k = 0; k < exits; ++k) {
      outputs[k] = random_scores<classes>(random);
      const std::size_t before = einet::test::allocations();
      const Published<Output> answer = policy(outputs[k], k, nullptr);
      CHECK(einet::test::allocations() == before);
      const auto expected = mean(std::span(outputs).first(k + 1), weights.first(k + 1), to, from);
      for (std::size_t c = 0; c < classes; ++c)
        CHECK_THAT(answer.output.scores[c], WithinAbs(expected[c], 1e-5));
      const auto best = std::ranges::max_element(answer.output.scores);
      CHECK(answer.output.label == best - answer.output.scores.begin());
      CHECK(answer.output.confidence == *best);
      CHECK(answer.exit == k);
    }
  }
}

inline double same(double x) {
  return x;
}
inline double logarithm(double x) {
  return std::log(x);
}
inline double exponential(double x) {
  return std::exp(x);
}

TEST_CASE("the newest answer is the newest output", "[run][answer_policy]") {
  const Published<Answer> before{{3, 0.9f}, 0};
  CHECK(NewestAnswer{}(Answer{4, 0.1f}, 2, &before) == Published<Answer>{{4, 0.1f}, 2});
}

TEST_CASE("the most confident answer stays until it is matched", "[run][answer_policy]") {
  const MostConfidentAnswer policy;
  const Published<Answer> before{{3, 0.5f}, 1};
  CHECK(policy(Answer{4, 0.1f}, 2, nullptr) == Published<Answer>{{4, 0.1f}, 2});
  CHECK(policy(Answer{4, 0.4f}, 2, &before) == before);
  CHECK(policy(Answer{4, 0.5f}, 2, &before) == Published<Answer>{{4, 0.5f}, 2});
  CHECK(policy(Answer{4, 0.6f}, 2, &before) == Published<Answer>{{4, 0.6f}, 2});
}

TEST_CASE("averages are those of the definition in double", "[run][answer_policy]") {
  const std::array<float, exits> even{1, 1, 1, 1, 1};
  const std::array<float, exits> weights{0.5f, 1, 2, 0, 7};
  compare(AverageAnswer<exits, classes>{}, even, logarithm, exponential);
  compare(AverageAnswer<exits, classes>{weights}, weights, logarithm, exponential);
  compare(AverageAnswer<exits, classes, ProbabilityMean>{}, even, same, same);
  compare(AverageAnswer<exits, classes, ProbabilityMean>{weights}, weights, same, same);
  compare(AverageAnswer<exits, classes, LogMean, einet::simd::scalar>{weights}, weights, logarithm,
          exponential);
}

TEST_CASE("an exit that rules a class out does not spoil the average", "[run][answer_policy]") {
  AverageAnswer<2, 2> policy;
  policy.reset();
  static_cast<void>(policy(Scores<2>{{1.f, 0.f}, 0, 1.f}, 0, nullptr));
  const auto answer = policy(Scores<2>{{0.f, 1.f}, 1, 1.f}, 1, nullptr).output;
  CHECK_THAT(answer.scores[0], WithinAbs(0.5, 1e-6));
  CHECK_THAT(answer.scores[1], WithinAbs(0.5, 1e-6));
}

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

TEST_CASE("an invalid confidence never evicts a better answer", "[run][answer_policy]") {
  const auto last = [](std::span<const float> confidences) {
    std::optional<Published<Answer>> in_hand;
    for (std::size_t k = 0; k < confidences.size(); ++k)
      in_hand = MostConfidentAnswer{}(Answer{static_cast<std::int32_t>(k), confidences[k]}, k,
                                      in_hand ? &*in_hand : nullptr);
    return in_hand->exit;
  };
  CHECK(last(std::array{.99f, nan, .2f}) == 0);
  CHECK(last(std::array{.99f, -infinity, .2f, -3.f}) == 0);
  CHECK(last(std::array{nan, .1f, -nan}) == 1);
  CHECK(last(std::array{nan, nan}) == 1);
  CHECK(last(std::array{.99f, infinity, .995f}) == 1);  // as sure as 1
  CHECK(last(std::array{2.f, 1.f, .9f}) == 1);
  // Bad ones at every position among four: the best of the others remains.
  const std::array<float, 4> good{.3f, .8f, .6f, .7f};
  for (const float bad : {nan, -nan, -infinity, -1.f})
    for (unsigned places = 0; places < 15; ++places) {
      CAPTURE(bad, places);
      std::array<float, 4> given = good;
      std::size_t best = 4;
      for (std::size_t k = 0; k < 4; ++k)
        if ((places >> k & 1U) != 0)
          given[k] = bad;
        else if (best == 4 || good[k] > good[best])
          best = k;
      CHECK(last(given) == best);
    }
}

TEST_CASE("an output with an invalid score is left out of averages", "[run][answer_policy]") {
  leaves_out_bad_scores<exits, classes>(AverageAnswer<exits, classes>{});
  leaves_out_bad_scores<exits, classes>(AverageAnswer<exits, classes, ProbabilityMean>{});
  leaves_out_bad_scores<exits, classes>(AverageAnswer<exits, classes, LogMean, einet::simd::scalar>{});
}

TEST_CASE("scores above 1 count as 1, and -0 as 0", "[run][answer_policy]") {
  const auto averaged = [](const Scores<2>& first, const Scores<2>& second) {
    AverageAnswer<2, 2, ProbabilityMean> policy;
    policy.reset();
    const auto in_hand = policy(first, 0, nullptr);
    return policy(second, 1, &in_hand);
  };
  const Scores<2> usual{{.25f, .75f}, 1, .75f};
  CHECK(averaged({{1.0000001f, -0.f}, 0, 1.f}, usual) == averaged({{1.f, 0.f}, 0, 1.f}, usual));
  CHECK(averaged(usual, {{3e38f, 0.f}, 0, 1.f}) == averaged(usual, {{1.f, 0.f}, 0, 1.f}));
}

TEST_CASE("only the ratios of weights count, however large they are", "[run][answer_policy]") {
  for (const float factor : {1e-30f, 1.f, 3e38f}) {
    AverageAnswer<2, 2> policy{{factor, factor / 2}}, expected{{1.f, .5f}};
    policy.reset();
    expected.reset();
    for (std::size_t k = 0; k < 2; ++k) {
      const Scores<2> output{{.1f, .9f}, 1, .9f};
      CHECK(policy(output, k, nullptr) == expected(output, k, nullptr));
    }
  }
  AverageAnswer<2, 2> nothing{{0.f, 0.f}};
  nothing.reset();
  CHECK(nothing(Scores<2>{{.1f, .9f}, 1, .9f}, 1, nullptr).output.scores[1] == .9f);
}

TEST_CASE("while all weights are zero the newest output is the answer", "[run][answer_policy]") {
  AverageAnswer<2, 2> policy{{0.f, 1.f}};
  policy.reset();
  const Scores<2> first{{0.3f, 0.7f}, 1, 0.7f};
  CHECK(policy(first, 0, nullptr) == Published<Scores<2>>{first, 0});
  CHECK_THROWS_WITH((AverageAnswer<2, 2>{{1.f, -1.f}}), ContainsSubstring("weights[1]"));
  CHECK_THROWS_WITH((AverageAnswer<2, 2>{{std::numeric_limits<float>::infinity(), 1.f}}),
                    ContainsSubstring("weights[0]"));
}

}  // namespace averages

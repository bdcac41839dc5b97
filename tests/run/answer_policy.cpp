#include "catch.hpp"
#include "counting_new.hpp"

#include <einet/run/answer_policy.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
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
using einet::test::WithinAbs;

static_assert(einet::answer_policy<NewestAnswer, Answer>);
static_assert(einet::answer_policy<MostConfidentAnswer, Answer>);
static_assert(einet::answer_policy<AverageAnswer<3, 10>, Scores<10>>);
static_assert(!einet::answer_policy<AverageAnswer<3, 10>, Scores<9>>);
static_assert(!einet::answer_policy<AverageAnswer<3, 10>, Answer>);

namespace averages {  // tests are compiled together

constexpr std::size_t exits = 5;
constexpr std::size_t classes = 11;  // no multiple of a register
using Output = Scores<classes>;

inline Output random_output(std::mt19937& random) {
  std::normal_distribution<float> logit{0, 3};
  std::array<float, classes> logits;
  for (float& value : logits) value = logit(random);
  return einet::softmax_scores(std::span<const float, classes>(logits));
}

/// In double and by the definition: the mean of all so far from scratch.
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
      outputs[k] = random_output(random);
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

TEST_CASE("while nothing weighs anything the newest output is the answer", "[run][answer_policy]") {
  AverageAnswer<2, 2> policy{{0.f, 1.f}};
  policy.reset();
  const Scores<2> first{{0.3f, 0.7f}, 1, 0.7f};
  CHECK(policy(first, 0, nullptr) == Published<Scores<2>>{first, 0});
  CHECK_THROWS_WITH((AverageAnswer<2, 2>{{1.f, -1.f}}), ContainsSubstring("weights[1]"));
  CHECK_THROWS_WITH((AverageAnswer<2, 2>{{std::numeric_limits<float>::infinity(), 1.f}}),
                    ContainsSubstring("weights[0]"));
}

}  // namespace averages

#include "catch.hpp"
#include "counting_new.hpp"
#include "run/class_outputs.hpp"

#include <einet/run/answer_policy.hpp>
#include <einet/run/combined_answer.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <span>

using einet::CombinationWeights;
using einet::CombinedAnswer;
using einet::Published;
using einet::Scores;
using einet::up_to;
using einet::test::ContainsSubstring;
using einet::test::leaves_out_bad_scores;
using einet::test::random_scores;
using einet::test::WithinAbs;

namespace combinations {  // tests are compiled together

constexpr std::size_t exits = 5;
constexpr std::size_t classes = 11;  // no multiple of a register
using Output = Scores<classes>;

static_assert(einet::answer_policy<CombinedAnswer<3, 10>, Scores<10>>);
static_assert(!einet::answer_policy<CombinedAnswer<3, 10>, Scores<9>>);

template <std::size_t N>
CombinationWeights<N> random_weights(std::mt19937& random, einet::ExitCount<N> counted = {}) {
  std::normal_distribution<float> weight{.3f, 1};
  CombinationWeights<N> weights(counted);
  for (std::size_t i = 0; i < weights.exit_count(); ++i)
    for (std::size_t j = 0; j <= i; ++j) weights.of(i, j) = weight(random);
  return weights;
}

/// By definition, in double: products of powers of the probabilities, as parts of their sum.
inline std::array<double, classes> product(std::span<const Output> outputs, unsigned run, std::size_t newest,
                                           const CombinationWeights<exits>& weights) {
  std::array<double, classes> result{};
  double sum = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    result[c] = 1;
    for (std::size_t k = 0; k <= newest; ++k)
      if ((run >> k & 1U) != 0)
        result[c] *=
            std::pow(static_cast<double>(outputs[k].scores[c]), static_cast<double>(weights.of(newest, k)));
    sum += result[c];
  }
  for (double& value : result) value /= sum;
  return result;
}

template <class Policy>
void compare() {
  constexpr std::uint32_t seed = 7;
  CAPTURE(seed);
  std::mt19937 random{seed};
  const auto weights = random_weights<exits>(random);
  Policy policy{weights};
  for (unsigned run = 1; run < 1U << exits; ++run) {
    CAPTURE(run);
    policy.reset();
    std::array<Output, exits> outputs;
    for (Output& output : outputs) output = random_scores<classes>(random);
    for (std::size_t k = 0; k < exits; ++k) {
      if ((run >> k & 1U) == 0) continue;
      const std::size_t before = einet::test::allocations();
      const Published<Output> answer = policy(outputs[k], k, nullptr);
      CHECK(einet::test::allocations() == before);
      const auto expected = product(outputs, run, k, weights);
      for (std::size_t c = 0; c < classes; ++c)
        CHECK_THAT(answer.output.scores[c], WithinAbs(expected[c], 1e-5));
      const auto best = std::ranges::max_element(answer.output.scores);
      CHECK(answer.output.label == best - answer.output.scores.begin());
      CHECK(answer.output.confidence == *best);
      CHECK(answer.exit == k);
    }
  }
}

TEST_CASE("a combination is that of the definition in double, for every set of exits",
          "[run][combined_answer]") {
  compare<CombinedAnswer<exits, classes>>();
  compare<CombinedAnswer<exits, classes, einet::simd::scalar>>();
}

TEST_CASE("by default the newest output is the combination", "[run][combined_answer]") {
  std::mt19937 random{8};
  CombinedAnswer<exits, classes> policy{CombinationWeights<exits>{}};
  policy.reset();
  for (std::size_t k = 0; k < exits; ++k) {
    const Output output = random_scores<classes>(random);
    const auto answer = policy(output, k, nullptr).output;
    CHECK(answer.label == output.label);
    for (std::size_t c = 0; c < classes; ++c)
      CHECK_THAT(answer.scores[c], WithinAbs(static_cast<double>(output.scores[c]), 1e-6));
  }
}

TEST_CASE("an output with an invalid score is left out of combinations", "[run][combined_answer]") {
  std::mt19937 random{9};
  leaves_out_bad_scores<exits, classes>(CombinedAnswer<exits, classes>{random_weights<exits>(random)});
}

TEST_CASE("a class that one exit rules out stays possible, and a run forgets the one before",
          "[run][combined_answer]") {
  CombinationWeights<2> both;
  both.of(1, 0) = both.of(1, 1) = .5f;
  CombinedAnswer<2, 2> policy{both};
  policy.reset();
  static_cast<void>(policy(Scores<2>{{1.f, 0.f}, 0, 1.f}, 0, nullptr));
  const auto answer = policy(Scores<2>{{0.f, 1.f}, 1, 1.f}, 1, nullptr).output;
  CHECK_THAT(answer.scores[0], WithinAbs(.5, 1e-6));
  policy.reset();
  CHECK_THAT(policy(Scores<2>{{.2f, .8f}, 1, .8f}, 1, nullptr).output.scores[0], WithinAbs(1. / 3, 1e-6));
}

TEST_CASE("as many exits combine as there are, where the number is known at run time",
          "[run][combined_answer][run_time_exits]") {
  std::mt19937 random{10};
  const auto weights = random_weights<exits>(random);
  CombinationWeights<up_to(8)> counted{exits};
  CHECK(counted.weight.size() == exits * exits);
  CHECK(counted.of(4, 4) == 1.f);
  counted.weight = weights.weight;
  CombinedAnswer<exits, classes> exact{weights};
  CombinedAnswer<up_to(8), classes> at_most{counted};
  exact.reset();
  at_most.reset();
  for (std::size_t k = 0; k < exits; ++k) {
    const Output output = random_scores<classes>(random);
    CHECK(exact(output, k, nullptr) == at_most(output, k, nullptr));
  }
}

TEST_CASE("weights that cannot be are refused by name", "[run][combined_answer]") {
  const auto refused = [](std::size_t newest, std::size_t exit, float value, const char* name) {
    CombinationWeights<3> weights;
    weights.of(newest, exit) = value;
    CHECK_THROWS_WITH((CombinedAnswer<3, 2>{weights}), ContainsSubstring(name));
  };
  refused(2, 1, std::numeric_limits<float>::quiet_NaN(), "weights[2][1]");
  refused(0, 0, std::numeric_limits<float>::infinity(), "weights[0][0]");
  refused(1, 2, .5f, "weights[1][2]");
  CombinationWeights<3> none;
  none.weight.pop_back();
  CHECK_THROWS_WITH((CombinedAnswer<3, 2>{none}), ContainsSubstring("8 values long"));
  CHECK_THROWS_WITH((CombinedAnswer<up_to(3), 2>{CombinationWeights<up_to(3)>{}}),
                    ContainsSubstring("number of exits"));
}

}  // namespace combinations

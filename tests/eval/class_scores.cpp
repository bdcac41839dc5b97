#include "catch.hpp"
#include "executors.hpp"
#include "problems.hpp"

#include <einet/einet.hpp>
#include <einet/eval/answered.hpp>
#include <einet/eval/class_scores.hpp>
#include <einet/eval/replayed.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

using namespace einet;
using einet::test::ContainsSubstring;
using einet::test::WithinAbs;

namespace {

// What refers to a temporary would dangle.
using TwoTimes = TimeProfile<2>;
using TwoOutputs = eval::ScoredOutputs<2, 3>;
using TwoBlock = eval::ScoredBlock<2, 3>;
static_assert(std::is_constructible_v<TwoBlock, TwoTimes&, TwoOutputs&, std::size_t>);
static_assert(!std::is_constructible_v<TwoBlock, TwoTimes, TwoOutputs&, std::size_t>);
static_assert(!std::is_constructible_v<TwoBlock, TwoTimes&, TwoOutputs, std::size_t>);

constexpr std::size_t exits = 4, known = 3, five_classes = 5;

/// Samples whose outputs are softmax of random logits, three of five classes listed, the most probable first.
eval::ClassScores<exits> random_scores(std::mt19937_64& random, std::size_t samples) {
  std::normal_distribution<double> normal(0, 1.5);
  eval::ClassScores<exits> scores{five_classes, known, {}, {}, {}};
  for (std::size_t s = 0; s < samples; ++s) {
    scores.label.push_back(static_cast<std::int32_t>(random() % five_classes));
    for (std::size_t k = 0; k < exits; ++k) {
      std::array<std::pair<double, std::int32_t>, five_classes> logit;
      double sum = 0;
      for (std::size_t c = 0; c < five_classes; ++c) {
        const bool right = static_cast<std::int32_t>(c) == scores.label.back();
        logit[c] = {normal(random) + (right ? 1 + 0.3 * static_cast<double>(k) : 0),
                    static_cast<std::int32_t>(c)};
        sum += std::exp(logit[c].first);
      }
      std::sort(logit.rbegin(), logit.rend());
      for (std::size_t i = 0; i < known; ++i) {
        scores.column.push_back(logit[i].second);
        scores.log.push_back(static_cast<float>(logit[i].first - std::log(sum)));
      }
    }
  }
  return scores;
}

/// The softened probabilities of all classes, computed plainly.
std::array<double, five_classes> probabilities(const eval::ClassScores<exits>& scores, std::size_t s,
                                               std::size_t k, double temperature) {
  std::array<double, five_classes> p{};
  double listed = 0;
  for (std::size_t i = 0; i < known; ++i) listed += std::exp(static_cast<double>(scores.logs_of(s, k)[i]));
  p.fill((1 - listed) / (five_classes - known));
  for (std::size_t i = 0; i < known; ++i)
    p[static_cast<std::size_t>(scores.classes_of(s, k)[i])] =
        std::exp(static_cast<double>(scores.logs_of(s, k)[i]));
  double sum = 0;
  for (double& each : p) sum += each = std::pow(each, 1 / temperature);
  for (double& each : p) each /= sum;
  return p;
}

ConfidenceProfile<exits> newest_of(const eval::ClassScores<exits>& scores,
                                   const eval::ScoredOutputs<exits, five_classes>& outputs) {
  return eval::answered_profile<exits>(scores.label, outputs, ExitPlan<exits>{}, NewestAnswer{});
}

}  // namespace

TEST_CASE("scored outputs are the softened probabilities of all classes", "[eval][class_scores]") {
  std::mt19937_64 random(61);
  const auto scores = random_scores(random, 30);
  const std::array<double, exits> temperature{1, 0.5, 2, 1.3};
  const eval::ScoredOutputs<exits, five_classes + 2> outputs(scores, temperature);
  REQUIRE(outputs.samples() == 30);
  for (std::size_t s = 0; s < scores.samples(); ++s)
    for (std::size_t k = 0; k < exits; ++k) {
      const auto output = outputs(s, k);
      const auto expected = probabilities(scores, s, k, temperature[k]);
      for (std::size_t c = 0; c < five_classes; ++c)
        CHECK_THAT(static_cast<double>(output.scores[c]), WithinAbs(expected[c], 2e-6));
      CHECK(output.scores[five_classes] == 0);  // there is no such class
      CHECK(output.label == scores.classes_of(s, k)[0]);
      CHECK(output.confidence == output.scores[static_cast<std::size_t>(output.label)]);
    }
}

TEST_CASE("what does not fit is refused by its name", "[eval][class_scores]") {
  std::mt19937_64 random(62);
  auto scores = random_scores(random, 2);
  const std::array<double, exits> ones{1, 1, 1, 1};
  CHECK_THROWS_WITH((eval::ScoredOutputs<exits, 4>(scores, ones)),
                    ContainsSubstring("class scores: classes is 5, expected at most 4"));
  auto bad = scores;
  bad.log[3] = .25f;
  CHECK_THROWS_WITH(validate(bad), ContainsSubstring("log[3]"));
  bad = scores;
  bad.log[4] = -std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(validate(bad), ContainsSubstring("log[4]"));
  bad = scores;
  bad.column[5] = five_classes;
  CHECK_THROWS_WITH(validate(bad), ContainsSubstring("column[5]"));
  bad = scores;
  bad.column.pop_back();
  CHECK_THROWS_WITH(validate(bad),
                    ContainsSubstring("class scores: column.size() is 23, expected 4 exits of 3 listed"));
  bad = scores;
  bad.listed = 6;
  CHECK_THROWS_WITH(validate(bad), ContainsSubstring("listed is 6, expected 1 to 5"));
  CHECK_THROWS_WITH(scores.every(0, 0), ContainsSubstring("class scores: stride is 0"));
}

TEST_CASE("sizes whose product overflows are refused, not believed", "[eval][class_scores]") {
  // 4 samples of 4 exits of 2^60 classes each are 2^64 scores, which wraps around to none.
  eval::ClassScores<exits> scores{std::size_t{1} << 60U, std::size_t{1} << 60U, {}, {}, {0, 0, 0, 0}};
  CHECK_THROWS_WITH(validate(scores), ContainsSubstring("column.size() is 0, expected 4 exits of"));
}

TEST_CASE("temperatures make outputs that were sharpened likely again", "[eval][class_scores]") {
  std::mt19937_64 random(63);
  auto scores = random_scores(random, 2000);
  const auto found = eval::fit_temperatures(scores);
  const auto loss = [&](std::size_t k, double temperature) {
    double sum = 0;
    for (std::size_t s = 0; s < scores.samples(); ++s)
      sum -= std::log(probabilities(scores, s, k, temperature)[static_cast<std::size_t>(scores.label[s])]);
    return sum;
  };
  for (std::size_t k = 0; k < exits; ++k)
    for (const double other : {0.9, 1.1}) CHECK(loss(k, found[k]) < loss(k, other * found[k]));
  CHECK(eval::fit_temperatures(eval::ClassScores<exits>{five_classes, known, {}, {}, {}})[0] == 1);
}

TEST_CASE("the runner replays averages as computed by hand", "[eval][answered]") {
  std::mt19937_64 random(64);
  const auto scores = random_scores(random, 60);
  const std::array<double, exits> temperature{1.5, 1, 2, 1};
  const eval::ScoredOutputs<exits, five_classes> outputs(scores, temperature);
  const std::array<float, exits> weights{1, 4, .5f, 2};
  const ExitPlan<exits> plan{0, 1, 3};
  const TimeProfile<exits> times{{1, 1, 1, 1}, {.5, .5, .5, .5}};
  const Planner planner{times, PriorPredictor<exits>{{.1f, .2f, .3f, .4f}}, FixedPlan<exits>{plan}};
  const auto blocks = eval::replay_scores(times, outputs);
  const auto compare = [&](const auto& policy, bool logarithms) {
    const auto runs = eval::replay_runs(planner, blocks, scores.label, 0.0, ConfidenceOnly{}, policy,
                                        test::BackwardsTwice{});
    const auto profile = eval::answered_profile<exits>(scores.label, outputs, plan, policy);
    for (std::size_t s = 0; s < scores.samples(); ++s) {
      std::array<double, five_classes> sum{};
      std::size_t next = 0;
      for (std::size_t k = 0; k < exits; ++k) {
        const auto p = probabilities(scores, s, k, temperature[k]);
        auto with = sum;
        for (std::size_t c = 0; c < five_classes; ++c)
          with[c] += static_cast<double>(weights[k]) * (logarithms ? std::log(p[c]) : p[c]);
        const auto best = std::max_element(with.begin(), with.end()) - with.begin();
        CHECK(profile.predicted[s][k] == best);
        if (!plan.contains(k)) continue;
        sum = with;
        const auto& answer = runs[s][next++];
        CHECK(answer.exit == k);
        CHECK(answer.correct == (best == scores.label[s]));
        CHECK(answer.confidence == profile.confidence[s][k]);
      }
    }
  };
  compare(AverageAnswer<exits, five_classes, ProbabilityMean>{weights}, false);
  compare(AverageAnswer<exits, five_classes, LogMean>{weights}, true);
}

TEST_CASE("the plan for an average is at least as good for it as the best plan for single outputs",
          "[eval][answered]") {
  std::mt19937_64 random(65);
  const auto scores = random_scores(random, 400);
  const eval::ScoredOutputs<exits, five_classes> outputs(scores, {1, 1, 1, 1});
  const TimeProfile<exits> times{{1, 1, 1, 1}, {.2, .2, .2, .2}};
  const Uniform law{times.total()};
  const auto newest = newest_of(scores, outputs);
  for (std::size_t s = 0; s < scores.samples(); ++s)
    CHECK(newest.predicted[s][2] == scores.classes_of(s, 2)[0]);
  const AverageAnswer<exits, five_classes, ProbabilityMean> average;
  const auto worth = [&](const ExitPlan<exits>& plan) {
    const Planner planner{times, PriorPredictor<exits>{newest.accuracy()}, law, FixedPlan<exits>{plan}};
    const auto blocks = eval::replay_scores(times, outputs);
    return eval::judged(eval::replay_runs(planner, blocks, scores.label, 0.0, ConfidenceOnly{}, average), law)
        .accuracy;
  };
  const auto best = eval::best_answered_plan(times, law, newest, outputs, average);
  CHECK_THAT(best.accuracy, WithinAbs(worth(best.plan), 1e-6));
  CHECK(best.accuracy >= worth(ExactSearch{}(Problem<exits>{times, newest.accuracy()}, law).plan) - 1e-6);
  // Single outputs need no second round: the exact optimum for their accuracies.
  const auto single = eval::best_answered_plan(times, law, newest, outputs, NewestAnswer{});
  CHECK(single.plan == ExactSearch{}(Problem<exits>{times, newest.accuracy()}, law).plan);
}

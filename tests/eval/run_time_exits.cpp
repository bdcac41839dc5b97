// What is evaluated on a profile of a run-time number of exits is what it is at the exact size.

#include "run_time_exits.hpp"

#include "catch.hpp"
#include "eval/fixture.hpp"
#include "problems.hpp"

#include <einet/einet.hpp>
#include <einet/eval/answered.hpp>
#include <einet/eval/class_scores.hpp>
#include <einet/eval/expectation_gap.hpp>
#include <einet/eval/planning_cost.hpp>
#include <einet/eval/random_problems.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/eval/strategies.hpp>
#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/evenly_spread.hpp>
#include <einet/paper/fit.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

using namespace einet;

namespace {

constexpr std::size_t M = up_to(8);

template <std::size_t N>
ConfidenceProfile<M> with_room(const ConfidenceProfile<N>& exact) {
  ConfidenceProfile<M> profile;
  profile.counted = N;
  profile.label = exact.label;
  for (std::size_t s = 0; s < exact.samples(); ++s) {
    profile.confidence.emplace_back().fill(2);
    profile.predicted.emplace_back().fill(exact.label[s]);  // as if right
    std::ranges::copy(exact.confidence[s], profile.confidence[s].begin());
    std::ranges::copy(exact.predicted[s], profile.predicted[s].begin());
  }
  return profile;
}

template <std::size_t N>
struct Case {
  TimeProfile<N> times;
  ConfidenceProfile<N> fitting, reported;

  explicit Case(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    times = test::random_problem<N>(random, test::Confidences::rising, test::Branches::random, false).times;
    fitting = test::random_profile<N>(random, 200);
    reported = test::random_profile<N>(random, 60);
  }
};

/// Accuracies, rates without an answer and mean numbers of exits of all strategies.
template <std::size_t N>
std::vector<double> of_all_strategies(const TimeProfile<N>& times, const ConfidenceProfile<N>& fitting,
                                      const ConfidenceProfile<N>& reported) {
  CsTrainerOptions options;
  options.epochs = 2;
  const Uniform law{times.total()};
  const auto fitted = eval::fit_strategies(times, fitting, law);
  const CsPredictor<N, 16, Fp32> published{train_cs_predictor<16>(fitting, options).parameters};
  const QuadraticPredictor<N> standard{fit_quadratic(fitting)};
  std::vector<double> figures;
  for (const eval::Strategy strategy : eval::all_strategies)
    eval::visit_planner(
        strategy, fitted, [&] { return published; }, standard,
        [&](const auto& planner) {
          const auto run = eval::replayed(planner, times, reported, law, 1e-5);
          for (const double figure : {run.accuracy, run.no_answer_rate, run.exits_per_image})
            figures.push_back(figure);
          CHECK(eval::median_planning_seconds(planner, reported, 5) >= 0);
        });
  figures.push_back(static_cast<double>(fitted.enough));
  return figures;
}

template <std::size_t N>
eval::ClassScores<N> two_class_scores(const ConfidenceProfile<N>& profile) {
  eval::ClassScores<N> scores{2, 2, {}, {}, {}, profile.counted};
  for (std::size_t s = 0; s < profile.samples(); ++s) {
    scores.label.push_back(profile.label[s] == 0 ? 0 : 1);
    for (std::size_t k = 0; k < profile.exit_count(); ++k) {
      const float sure = .5f + profile.confidence[s][k] / 2.01f;
      const std::int32_t best = profile.correct(s, k) ? scores.label[s] : 1 - scores.label[s];
      for (const std::int32_t column : {best, 1 - best}) scores.column.push_back(column);
      for (const float share : {sure, 1 - sure}) scores.log.push_back(std::log(share));
    }
  }
  return scores;
}

/// Temperatures and the best plan for averaged answers, with its accuracy.
template <std::size_t N>
std::vector<double> of_averages(const TimeProfile<N>& times, const ConfidenceProfile<N>& reported) {
  const auto scores = two_class_scores(reported);
  CHECK_NOTHROW(validate(scores));
  CHECK(scores.every(2, 1).exit_count() == reported.exit_count());
  const auto temperatures = eval::fit_temperatures(scores);
  const eval::ScoredOutputs<N, 2> outputs(scores, temperatures);
  CHECK(outputs.samples() == reported.samples());
  const auto blocks = eval::replay_scores(times, outputs);
  CHECK(block_count(blocks) == reported.exit_count());
  const Uniform law{times.total()};
  const auto best =
      eval::best_answered_plan(times, law, reported, outputs, AverageAnswer<N, 2, ProbabilityMean>{});
  const Planner planner{times, PriorPredictor<N>{best.profile.accuracy(), best.profile.counted}, law};
  const auto run = eval::judged(eval::replay_runs(planner, blocks, scores.label, 0.0), law);
  std::vector<double> figures(temperatures.begin(),
                              temperatures.begin() + static_cast<std::ptrdiff_t>(reported.exit_count()));
  for (const double figure : {best.accuracy, static_cast<double>(best.plan.count()), run.accuracy})
    figures.push_back(figure);
  return figures;
}

template <std::size_t N>
void evaluates_as_at_the_exact_size() {
  CAPTURE(N);
  const Case<N> on(N);
  const auto times = test::at_run_time<M>(on.times);
  const auto fitting = with_room(on.fitting), reported = with_room(on.reported);
  CHECK(of_all_strategies(times, fitting, reported) == of_all_strategies(on.times, on.fitting, on.reported));
  CHECK(of_averages(times, reported) == of_averages(on.times, on.reported));
  const Uniform law{on.times.total()};
  for (const double share : {0., .25, .5, .9, 1.}) {
    const auto plan = evenly_spread<N>(share);
    const auto same = evenly_spread<M>(share, N);
    CHECK(to_string(same, N) == to_string(plan));
    const auto gap = eval::expectation_gap(times, reported, same, law);
    CHECK(gap.expected == eval::expectation_gap(on.times, on.reported, plan, law).expected);
    CHECK(gap.truth == eval::expectation_gap(on.times, on.reported, plan, law).truth);
  }
}

}  // namespace

TEST_CASE("all strategies are as accurate with a run-time number of exits as at the exact size",
          "[eval][run_time_exits]") {
  evaluates_as_at_the_exact_size<1>();
  evaluates_as_at_the_exact_size<5>();
  evaluates_as_at_the_exact_size<8>();
}

TEST_CASE("random problems of a run-time number of exits are those of the exact size",
          "[eval][run_time_exits]") {
  std::mt19937_64 random(9), same(9);
  const auto exact = eval::random_problem<5>(random);
  const auto problem = eval::random_problem<M>(same, .03, 5);
  CHECK(problem.exit_count() == 5);
  CHECK(problem.times.total() == exact.times.total());
  for (std::size_t k = 0; k < 5; ++k) CHECK(problem.confidences[k] == exact.confidences[k]);
}

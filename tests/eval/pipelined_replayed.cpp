#include "catch.hpp"
#include "eval/fixture.hpp"
#include "pipelined_problems.hpp"
#include "support.hpp"

#include <einet/einet.hpp>
#include <einet/eval/pipelined_replayed.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/profile/pipelined_replay.hpp>
#include <einet/run/pipelined_planner.hpp>

#include <array>
#include <cstddef>
#include <random>
#include <vector>

using namespace einet;
using namespace einet::test;

namespace {

/// Predicts from all that it has seen, so that plans change in mid-run.
struct Leaning {
  static constexpr std::size_t exits = 6;
  static constexpr std::size_t inputs = 1;
  std::array<float, 6> means, worths = means;
  void reset() noexcept { worths = means; }
  void observe(std::size_t exit, std::span<const float, 1> seen) noexcept {
    for (std::size_t k = exit + 1; k < 6; ++k)
      worths[k] = (std::clamp)(worths[k] + .7f * (seen[0] - worths[exit]), 0.f, 1.f);
    worths[exit] = seen[0];
  }
  const std::array<float, 6>& confidences() const noexcept { return worths; }
};

struct Backwards {
  void operator()(std::size_t count, const auto& body) const noexcept {
    while (count > 0) body(--count);
  }
};

struct ByHand {
  std::vector<double> correct;
  double busy = 0;
};

/// A run of every sample by brute force: whenever the branch core is free, the best of all plans of the
/// state.
ByHand by_brute_force(const TimeProfile<6>& times, const ConfidenceProfile<6>& outputs, Leaning predictor,
                      const Uniform& law, double price, double planning) {
  ByHand all;
  for (std::size_t s = 0; s < outputs.samples(); ++s) {
    predictor.reset();
    PipelinedProblem<6> state;
    double arrival = 0;
    for (std::size_t k = 0; k < 6; ++k) state.arrival[k] = arrival += times.conv[k];
    state.branch = times.branch;
    state.price = price;
    double correct = 0, before = 0, now = 0;
    bool right = false;
    for (;;) {
      state.confidences = predictor.confidences();
      const ExitPlan<6> plan = EveryPipelinedPlan<6>(state, AnyLaw(law)).preceding(1e-12);
      auto exit = plan.next(state.first);
      if (!exit && now == 0)
        for (std::size_t k = 0; k < 6 && !exit; ++k)
          if (state.confidences[k] > 0) exit = k;  // something is always run
      if (!exit) break;
      if (now < state.arrival[*exit]) now = state.arrival[*exit];
      now += times.branch[*exit];
      const double gone = law.cdf(now);
      correct += right ? gone - before : 0;
      before = gone;
      right = outputs.correct(s, *exit);
      predictor.observe(*exit, std::span<const float, 1>(&outputs.confidence[s][*exit], 1));
      state.in_hand = predictor.confidences()[*exit];
      state.first = *exit + 1;
      state.elapsed = now;
      now += planning;
    }
    all.correct.push_back(correct + (right ? 1 - before : 0));
    all.busy += now / static_cast<double>(outputs.samples());
  }
  return all;
}

}  // namespace

TEST_CASE("replayed runs on two cores equal brute force at every decision", "[eval][pipelined]") {
  std::mt19937_64 random(3);
  for (std::size_t run = 0; run < cases(40); ++run) {
    CAPTURE(run);
    auto problem = random_problem<6>(random, Confidences::rising, Branches::random, false);
    for (double& branch : problem.times.branch) branch *= static_cast<double>(run % 4) / 2;
    const TimeProfile<6>& times = problem.times;
    const auto outputs = random_profile<6>(random, 12);
    const Uniform law{times.total()};
    const double price = run % 3 == 0 ? .3 / times.total() : 0, planning = run % 2 == 0 ? 1e-5 : 0;
    const Leaning predictor{outputs.accuracy()};
    const PipelinedPlanner planner{times, predictor, law, {.price = price}};
    const auto replayed = eval::pipelined_replayed(planner, times, outputs, law, planning);
    const ByHand truth = by_brute_force(times, outputs, predictor, law, price, planning);
    for (std::size_t s = 0; s < 12; ++s) CHECK_THAT(replayed.correct[s], WithinAbs(truth.correct[s], 1e-9));
    CHECK_THAT(replayed.busy, WithinAbs(truth.busy, 1e-12));
  }
}

TEST_CASE("replayed outputs on two cores are ready as a plan says, to the last bit", "[eval][pipelined]") {
  std::mt19937_64 random(4);
  for (std::size_t run = 0; run < cases(200); ++run) {
    const auto problem = random_problem<9>(random, Confidences::rising, Branches::random, false);
    const auto outputs = random_profile<9>(random, 1);
    const PriorPredictor<9> prior{{.1f, .2f, .3f, .4f, .5f, .6f, .7f, .8f, .9f}};
    const ExitPlan<9> plan = ExitPlan<9>::from_words({1 + random() % 511});
    const auto runs = eval::replay_pipelined_runs(PipelinedPlanner{problem.times, prior, FixedPlan<9>{plan}},
                                                  problem.times, outputs, 0);
    std::size_t at = 0;
    for (std::size_t k = 0; k < 9; ++k) {
      if (!plan.contains(k)) continue;
      CHECK(runs[0][at].exit == k);
      CHECK(runs[0][at++].ready == output_time(pipelined(problem), plan, k));
    }
    CHECK(runs[0].size() == at);
    // A deadline at any of these moments is met, by a planner that sees how far the run is.
    const double deadline = runs[0][random() % at].ready;
    const auto met = eval::replay_pipelined_runs(PipelinedPlanner{problem.times, prior, PointMass{deadline}},
                                                 problem.times, outputs, 0);
    REQUIRE(met[0].size() >= 1);
    CHECK(met[0].back().ready <= deadline);
  }
}

TEST_CASE("planning delays the branches, not the backbone", "[eval][pipelined]") {
  const TimeProfile<3> times{{1, 1, 1}, {.25, .25, .25}};
  const ConfidenceProfile<3> outputs{{{.5f, .6f, .7f}}, {{7, 7, 7}}, {7}};
  const PipelinedPlanner planner{times, PriorPredictor<3>{{.5f, .6f, .7f}}, FixedPlan<3>{ExitPlan<3>::all()}};
  const auto short_planning = eval::replay_pipelined_runs(planner, times, outputs, .5);
  CHECK(short_planning[0][1].ready == 2.25);  // hidden behind the conv part
  CHECK(short_planning[0][2].ready == 3.25);
  CHECK(short_planning.busy(0) == 3.75);
  const auto long_planning = eval::replay_pipelined_runs(planner, times, outputs, 1);
  CHECK(long_planning[0][1].ready == 2.5);
  CHECK(long_planning[0][2].ready == 3.75);
}

TEST_CASE("replays on two cores do not depend on the executor", "[eval][pipelined]") {
  std::mt19937_64 random(5);
  const auto problem = random_problem<6>(random, Confidences::rising, Branches::random, false);
  const auto outputs = random_profile<6>(random, 300);
  const Uniform law{problem.times.total()};
  const PipelinedPlanner planner{problem.times, Leaning{outputs.accuracy()}, law};
  const auto serial = eval::pipelined_replayed(planner, problem.times, outputs, law, 0);
  const auto backwards = eval::pipelined_replayed(planner, problem.times, outputs, law, 0, ConfidenceOnly{},
                                                  NewestAnswer{}, Backwards{});
  CHECK(serial.correct == backwards.correct);
  const auto in_turn = eval::replayed(Planner{problem.times, Leaning{outputs.accuracy()}, law}, problem.times,
                                      outputs, law, 0);
  CHECK(serial.no_answer_rate <= in_turn.no_answer_rate + .05);
}

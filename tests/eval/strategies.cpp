#include "catch.hpp"
#include "eval/fixture.hpp"
#include "executors.hpp"
#include "problems.hpp"
#include "support.hpp"

#include <einet/einet.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/eval/strategies.hpp>
#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/cs_trainer.hpp>
#include <einet/paper/cs_trainer_options.hpp>
#include <einet/predict/quadratic_predictor.hpp>
#include <einet/profile/input_samples.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

using namespace einet;
using einet::test::stress_cases;
using einet::test::WithinAbs;

namespace {

constexpr std::size_t five = 5;

/// A moment drawn from a law by bisection of its distribution function; infinite if the stop never comes.
template <class Law>
double draw_exit(const Law& law, double horizon, double chance) {
  if (chance >= law.cdf(2 * horizon)) return std::numeric_limits<double>::infinity();
  double low = 0, high = 2 * horizon;
  for (int step = 0; step < 50; ++step) {
    const double middle = (low + high) / 2;
    (law.cdf(middle) > chance ? high : low) = middle;
  }
  return low;
}

/// Two predictors fitted on one half, and a small problem that they plan for.
struct Setting {
  TimeProfile<five> times;
  ConfidenceProfile<five> fitting, reported;
  CsPredictor<five, 8> published;
  QuadraticPredictor<five> standard;

  static Setting make() {
    std::mt19937_64 random(41);
    const auto times =
        test::random_problem<five>(random, test::Confidences::rising, test::Branches::random, false).times;
    const auto fitting = test::random_profile<five>(random, 300);
    const auto samples = confidence_samples(fitting);
    CsTrainerOptions options;
    options.epochs = 2;
    return {times, fitting, test::random_profile<five>(random, 50),
            CsPredictor<five, 8>{train_cs_predictor<8>(samples.view(), options).parameters},
            QuadraticPredictor<five>{fit_quadratic(samples.view())}};
  }
};

auto published_of(const Setting& setting) {
  return [&setting] { return setting.published; };
}

/// Counts over `draws` samples and stops, each run by the runner to the drawn moment.
template <class Planner, class Law>
void compare_with_drawn_exits(const Planner& planner, const Setting& setting, const Law& law, double planning,
                              std::size_t draws, std::mt19937_64& random) {
  const auto& outputs = setting.reported;
  const auto closed = eval::replayed(planner, setting.times, outputs, law, planning);
  const auto blocks = replay(setting.times, outputs);
  VirtualTime time;
  LocalSlot<Answer> slot;
  ElasticRunner runner{blocks, planner, slot, VirtualClock{time, planning}};
  std::uniform_real_distribution<double> unit(0, 1);
  std::size_t right = 0, none = 0;
  for (std::size_t draw = 0; draw < draws; ++draw) {
    time.reset();
    ReplayedSample on{random() % outputs.samples(), &time};
    const double moment = draw_exit(law, setting.times.total(), unit(random));
    const auto result = runner.run(on, StopAfter{VirtualClock{time}, moment});
    right += result.answer && result.answer->label == outputs.label[on.sample] ? 1U : 0U;
    none += result.answer ? 0U : 1U;
  }
  const auto agrees = [&](std::size_t counted, double expected) {
    // A tiny rate has a standard error too, but the draws may never show it.
    const double error = std::sqrt((std::max)(expected * (1 - expected), 1e-4) / static_cast<double>(draws));
    CHECK_THAT(static_cast<double>(counted) / static_cast<double>(draws), WithinAbs(expected, 4 * error));
  };
  agrees(right, closed.accuracy);
  agrees(none, closed.no_answer_rate);
}

template <class Law>
void compare_all_with_drawn_exits(const Setting& setting, const Law& law) {
  auto fitted = eval::fit_strategies(setting.times, setting.fitting, law);
  fitted.random_plans = 50;
  const std::uint64_t seed = 77;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const std::size_t draws = stress_cases(1'000'000);
  for (const eval::Strategy strategy : eval::all_strategies) {
    CAPTURE(eval::name_of(strategy));
    eval::visit_planner(strategy, fitted, published_of(setting), setting.standard, [&](const auto& planner) {
      compare_with_drawn_exits(planner, setting, law, 0.01 * setting.times.total(), draws, random);
    });
  }
}

}  // namespace

TEST_CASE("stress: for every strategy and law the closed form is the mean over drawn stops",
          "[eval][strategies][stress]") {
  const Setting setting = Setting::make();
  const double total = setting.times.total();
  SECTION("uniform") {
    compare_all_with_drawn_exits(setting, Uniform{total});
  }
  SECTION("a histogram with a Gaussian's shape, and runs without a stop") {
    compare_all_with_drawn_exits(setting, PiecewiseLinear(std::vector<double>{1, 4, 9, 4, 1}, total, 3));
  }
  SECTION("a deadline") {
    compare_all_with_drawn_exits(setting, PointMass{0.6 * total});
  }
}

TEST_CASE("the static strategies run what their names say", "[eval][strategies]") {
  const Setting setting = Setting::make();
  const auto fitted = eval::fit_strategies(setting.times, setting.fitting, Uniform{setting.times.total()});
  const auto exits_of = [&](eval::Strategy strategy) {
    std::vector<ExitPlan<five>> ran;
    eval::visit_planner(strategy, fitted, published_of(setting), setting.standard, [&](const auto& planner) {
      const auto blocks = replay(setting.times, setting.reported);
      const auto runs = eval::replay_runs(planner, blocks, setting.reported.label, 0.0);
      for (std::size_t s = 0; s < runs.size(); ++s) {
        ran.emplace_back();
        for (const auto& answer : runs[s]) ran.back().insert(answer.exit);
      }
    });
    return ran;
  };
  const auto all_are = [](const std::vector<ExitPlan<five>>& ran, const ExitPlan<five>& plan) {
    return std::count(ran.begin(), ran.end(), plan) == static_cast<std::ptrdiff_t>(ran.size());
  };
  CHECK(all_are(exits_of(eval::Strategy::single_exit), {4}));
  CHECK(all_are(exits_of(eval::Strategy::static_quarter), {4}));
  CHECK(all_are(exits_of(eval::Strategy::static_half), {1, 3, 4}));
  CHECK(all_are(exits_of(eval::Strategy::static_all), ExitPlan<five>::all()));
  CHECK(all_are(exits_of(eval::Strategy::best_static), fitted.best_static));
  // The threshold runs every exit from the first on, until one is sure enough.
  const auto held = exits_of(eval::Strategy::threshold);
  for (std::size_t s = 0; s < held.size(); ++s) {
    std::size_t wanted = 1;
    while (wanted < five && setting.reported.confidence[s][wanted - 1] < fitted.enough) ++wanted;
    CHECK(held[s].count() == wanted);
    CHECK_FALSE(held[s].next(wanted));
  }
}

TEST_CASE("with time priced, the default is the planner with that price", "[eval][strategies]") {
  const Setting setting = Setting::make();
  const Uniform law{setting.times.total()};
  auto fitted = eval::fit_strategies(setting.times, setting.fitting, law);
  const auto run = [&](eval::Strategy strategy) {
    eval::Replayed found;
    eval::visit_planner(strategy, fitted, published_of(setting), setting.standard, [&](const auto& planner) {
      found = eval::replayed(planner, setting.times, setting.reported, law, 0.0);
    });
    return found;
  };
  const auto free = run(eval::Strategy::standard);
  CHECK(run(eval::Strategy::priced).correct == free.correct);
  fitted.price = 1 / setting.times.total();
  const auto priced = run(eval::Strategy::priced);
  CHECK(priced.busy < .9 * free.busy);
  const Planner planner{setting.times, setting.standard, law, {.price = fitted.price}};
  CHECK(priced.correct == eval::replayed(planner, setting.times, setting.reported, law, 0.0).correct);
  CHECK(run(eval::Strategy::standard).correct == free.correct);
}

TEST_CASE("replays do not depend on the executor", "[eval][replayed]") {
  const Setting setting = Setting::make();
  std::mt19937_64 random(42);
  const auto many = test::random_profile<five>(random, 700);
  const Uniform law{setting.times.total()};
  const Planner planner{setting.times, setting.standard, law};
  const auto serial = eval::replayed(planner, setting.times, many, law, 1e-5);
  const auto shared = eval::replayed(planner, setting.times, many, law, 1e-5, ConfidenceOnly{},
                                     NewestAnswer{}, test::BackwardsTwice{});
  CHECK(serial.correct == shared.correct);
  CHECK(serial.no_answer_rate == shared.no_answer_rate);
  CHECK(serial.planning_share == shared.planning_share);
}

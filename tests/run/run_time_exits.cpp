// A network whose number of exits is known only at run time is fitted, planned and run as one of an exact
// number: closed-form predictors to the last bit, the CS-Predictor to 1e-6.

#include "run_time_exits.hpp"

#include "catch.hpp"
#include "counting_new.hpp"
#include "predict/samples.hpp"

#include <einet/einet.hpp>
#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/cs_trainer.hpp>
#include <einet/paper/hybrid.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace einet;
using namespace einet::test;

static_assert(exit_predictor<QuadraticPredictor<up_to(8)>> && exit_predictor<PriorPredictor<up_to(8)>>);
static_assert(exit_predictor<TablePredictor<up_to(8)>> && exit_predictor<GaussianPredictor<up_to(8), 2>>);
static_assert(exit_predictor<CsPredictor<up_to(8), 16>>);
static_assert(exit_planner<Planner<PriorPredictor<up_to(8)>>>);

namespace {

/// Lacks exit_count().
struct Uncounted {
  static constexpr std::size_t exits = up_to(4);
  static constexpr std::size_t inputs = 1;
  std::array<float, 4> worths{};
  void reset() noexcept {}
  void observe(std::size_t, std::span<const float, 1>) noexcept {}
  [[nodiscard]] const std::array<float, 4>& confidences() const noexcept { return worths; }
};
static_assert(!exit_predictor<Uncounted>);

/// Samples of an exact number of exits in room for more, where they are wrong and out of range.
template <std::size_t M, std::size_t Inputs>
struct RoomySamples {
  std::vector<typename FittingSamples<M, Inputs>::Row> inputs;
  std::vector<typename FittingSamples<M, Inputs>::Correct> correct;
  std::size_t exits;

  template <std::size_t N>
  explicit RoomySamples(const Samples<N, Inputs>& exact)
      : inputs(exact.inputs.size()), correct(exact.correct.size()), exits(N) {
    for (std::size_t s = 0; s < inputs.size(); ++s) {
      for (auto& row : inputs[s]) row.fill(-7);
      copy_front(exact.inputs[s], inputs[s]);
      copy_front(exact.correct[s], correct[s]);
    }
  }
  [[nodiscard]] FittingSamples<M, Inputs> view() const { return {inputs, correct, exits}; }
};

template <std::size_t N>
TimeProfile<N> random_times(std::mt19937& random) {
  std::uniform_real_distribution<double> unit(0, 1);
  TimeProfile<N> times;
  for (std::size_t k = 0; k < N; ++k) {
    times.conv[k] = 1e-3 * (.5 + unit(random));
    times.branch[k] = 3e-4 * unit(random);
  }
  return times;
}

/// Runs both planners side by side over random outputs, at a random pace.
/// @param tolerance of what they expect; their plans must be the same
template <class Exact, class AtRunTime>
void run_side_by_side(Exact exact, AtRunTime at_most, std::mt19937& random, double tolerance) {
  constexpr std::size_t n = Exact::exits;
  REQUIRE(at_most.exit_count() == n);
  std::uniform_real_distribution<float> unit(0, 1);
  for (int round = 0; round < 4; ++round) {
    exact.reset();
    at_most.reset();
    const double pace = .7 + static_cast<double>(unit(random));
    double elapsed = 0;
    std::size_t at = 0;
    for (;;) {
      for (std::size_t k = at; k < n; ++k) {
        CHECK_THAT(at_most.problem().confidences[k],
                   WithinAbs(static_cast<double>(exact.problem().confidences[k]), tolerance));
        CHECK(at_most.problem().times.conv[k] == exact.problem().times.conv[k]);
      }
      CHECK_THAT(at_most.plan().worth, WithinAbs(exact.plan().worth, tolerance));
      CHECK(to_string(at_most.plan().plan, n) == to_string(exact.plan().plan));
      const std::optional<std::size_t> exit = exact.next_exit();
      CHECK(at_most.next_exit() == exit);
      if (!exit || at_most.next_exit() != exit) break;
      for (; at <= *exit; ++at) elapsed += exact.times().conv[at] * pace;
      elapsed += exact.times().branch[*exit] * pace;
      const float confidence = unit(random);
      exact.observe(*exit, confidence, elapsed);
      at_most.observe(*exit, confidence, elapsed);
    }
  }
}

template <std::size_t N>
void closed_form_predictors_run_as_exact_ones() {
  constexpr std::size_t M = room_for<N>;
  CAPTURE(N);
  std::mt19937 random(N);
  const auto times = random_times<N>(random);
  const auto roomy_times = at_run_time<M>(times);
  const auto samples = random_samples<N>(80, random);
  const RoomySamples<M, 1> roomy(samples);
  const auto run = [&](const auto& exact, const auto& at_most) {
    run_side_by_side(Planner{times, exact}, Planner{roomy_times, at_most}, random, 0);
  };
  const auto means = target_means(samples.view(), Target::correctness);
  run(PriorPredictor<N>{means}, PriorPredictor<M>{std::span<const float>(means)});
  run(TablePredictor<N>{fit_table(samples.view())}, TablePredictor<M>{fit_table(roomy.view())});
  const QuadraticPredictor<N> exact{fit_quadratic(samples.view())};
  const QuadraticPredictor<M> at_most{fit_quadratic(roomy.view())};
  run(exact, at_most);
  run_side_by_side(
      Planner{times, exact, TruncatedGaussian::of_horizon(.5, .25), ExactSearch{}, {}, PlanningBudget<N>{}},
      Planner{roomy_times,
              at_most,
              TruncatedGaussian::of_horizon(.5, .25),
              ExactSearch{},
              {},
              PlanningBudget<M>{}},
      random, 0);
}

/// Expects the tensors of two sets of parameters to be the same up to `tolerance`.
template <class A, class B>
void expect_same_tensors(const A& a, const B& b, double tolerance) {
  std::vector<std::pair<std::vector<std::size_t>, std::vector<float>>> all;
  a.for_each_tensor([&](const std::string&, std::span<const std::size_t> shape, auto values) {
    all.emplace_back(std::vector(shape.begin(), shape.end()),
                     std::vector<float>(values.begin(), values.end()));
  });
  std::size_t next = 0;
  b.for_each_tensor([&](const std::string& name, std::span<const std::size_t> shape, auto values) {
    CAPTURE(name);
    REQUIRE(next < all.size());
    CHECK(std::ranges::equal(all[next].first, shape));
    REQUIRE(all[next].second.size() == values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
      CHECK_THAT(values[i], WithinAbs(static_cast<double>(all[next].second[i]), tolerance));
    ++next;
  });
  CHECK(next == all.size());
}

struct Block {
  std::int32_t label;
  float sure;
  void advance(VirtualTime& time) const noexcept { time.advance(1e-3); }
  [[nodiscard]] Answer classify(const VirtualTime&) const noexcept { return {label, sure}; }
};

}  // namespace

TEST_CASE("runs planned by closed-form predictors are those of the exact size, to the last bit",
          "[run][run_time_exits]") {
  for_each_exact_size(ExactSizes{}, []<std::size_t N>() { closed_form_predictors_run_as_exact_ones<N>(); });
}

TEST_CASE("fits to a run-time number of exits are those of the exact size, to the last bit",
          "[run][run_time_exits]") {
  const auto fits = []<std::size_t N, std::size_t M>() {
    std::mt19937 random(N);
    const auto samples = random_samples<N, 2>(50, random);
    const RoomySamples<M, 2> roomy(samples);
    expect_same_tensors(fit_gaussian(samples.view()), fit_gaussian(roomy.view()), 0);
    const auto alone = random_samples<N>(50, random);
    const RoomySamples<M, 1> roomy_alone(alone);
    expect_same_tensors(fit_quadratic(alone.view()), fit_quadratic(roomy_alone.view()), 0);
    expect_same_tensors(fit_table(alone.view()), fit_table(roomy_alone.view()), 0);
    expect_same_tensors(fit_calibration(alone.view()), fit_calibration(roomy_alone.view()), 0);
  };
  fits.operator()<1, up_to(8)>();
  fits.operator()<21, up_to(64)>();
}

TEST_CASE("runs planned by a CS-Predictor are those of the exact size", "[run][run_time_exits]") {
  const auto runs = []<std::size_t N, std::size_t M>() {
    CAPTURE(N);
    std::mt19937 random(N);
    const auto times = random_times<N>(random);
    const auto samples = random_samples<N>(40, random);
    const RoomySamples<M, 1> roomy(samples);
    CsTrainerOptions options;
    options.epochs = 3;
    options.batch = 16;
    for (const Target target : {Target::confidence, Target::correctness}) {
      options.target = target;
      const auto exact = train_cs_predictor<24>(samples.view(), options);
      const auto at_most = train_cs_predictor<24>(roomy.view(), options);
      expect_same_tensors(exact.parameters, at_most.parameters, 1e-6);
      run_side_by_side(
          Planner{times, CsPredictor<N, 24, Fp32>{exact.parameters}, HybridSearch{}},
          Planner{at_run_time<M>(times), CsPredictor<M, 24, Fp32>{at_most.parameters}, HybridSearch{}},
          random, 1e-6);
      run_side_by_side(Planner{times, CsPredictor<N, 24, Int8>{exact.parameters}},
                       Planner{at_run_time<M>(times), CsPredictor<M, 24, Int8>{at_most.parameters}}, random,
                       1e-6);
    }
  };
  runs.operator()<9, up_to(16)>();
  runs.operator()<21, up_to(64)>();
}

TEST_CASE("a vector of any number of blocks up to the most is measured, planned and run",
          "[run][run_time_exits]") {
  for (std::size_t exits = 1; exits <= 20; ++exits) {
    std::vector<Block> network;
    for (std::size_t k = 0; k < exits; ++k)
      network.push_back({static_cast<std::int32_t>(k), .5f + .02f * static_cast<float>(k)});
    with_exits<8, 32>(exits, [&]<std::size_t N>() {
      VirtualTime time;
      const auto measured = measure_times<N>(
          network, time, [](VirtualTime&, std::size_t) {}, {1, 3}, VirtualClock{time});
      REQUIRE(measured.median.exit_count() == exits);
      CHECK_THAT(measured.median.total(), WithinAbs(1e-3 * static_cast<double>(exits), 1e-9));
      const auto outputs = gather_confidences<N>(
          network, time, 4, [](VirtualTime&, std::size_t) {}, [](std::size_t) { return 0; });
      CHECK(outputs.exit_count() == exits);
      CHECK(outputs.every(2, 0).exit_count() == exits);
      CHECK_NOTHROW(validate(outputs));
      const auto replayed = replay(measured.median, outputs);
      CHECK(block_count(replayed) == exits);

      LocalSlot<Answer> slot;
      const FixedPlan<N> all{ExitPlan<N>::all(exits)};
      const QuadraticPredictor<N> predictor{fit_quadratic(outputs, Target::confidence)};
      ElasticRunner runner{network, Planner{measured.median, predictor, all}, slot, VirtualClock{time}};
      time.reset();
      const std::size_t before = allocations();
      const auto result = runner.run(time);
      CHECK(allocations() == before);
      REQUIRE(result.exit);
      CHECK(*result.exit == exits - 1);
      CHECK(result.ran.count() == exits);
      CHECK(result.outcome == Outcome::completed);
    });
  }
}

TEST_CASE("numbers of exits that do not agree are refused, with both named", "[run][run_time_exits]") {
  using N = std::integral_constant<std::size_t, up_to(8)>;
  const std::array<float, 3> means{.5f, .6f, .7f};
  const TimeProfile<N{}> three{{1, 1, 1}, {0, 0, 0}}, two{{1, 1}, {0, 0}};
  const PriorPredictor<N{}> prior{std::span<const float>(means)};
  CHECK_THROWS_WITH((Planner{two, prior}),
                    ContainsSubstring("exits of the predictor is 3, expected those of the time profile, 2"));
  const Planner planner{three, prior};
  LocalSlot<Answer> slot;
  std::vector<Block> network(4);
  CHECK_THROWS_WITH((ElasticRunner{network, planner, slot}),
                    ContainsSubstring("number of blocks is 4, expected 3"));
  const std::array<Block, 2> fixed{};
  CHECK_THROWS_WITH((ElasticRunner{fixed, planner, slot}),
                    ContainsSubstring("number of blocks is 2, expected 3"));
  VirtualTime time;
  network.resize(9);
  CHECK_THROWS_WITH(measure_times<N{}>(
                        network, time, [](VirtualTime&, std::size_t) {}, {0, 1}, VirtualClock{time}),
                    ContainsSubstring("number of blocks is 9, expected 1 to 8"));
  const std::array<float, 9> many{};
  CHECK_THROWS_AS(PriorPredictor<N{}>{std::span<const float>(many)}, std::invalid_argument);
  CHECK_THROWS_AS(PriorPredictor<N{}>{std::span<const float>()}, std::invalid_argument);
  CHECK_THROWS_AS((QuadraticPredictor<N{}>{GaussianParameters<N{}, 2>{}}), std::invalid_argument);
  CHECK_THROWS_AS(TablePredictor<N{}>{TableParameters<N{}>{}}, std::invalid_argument);
  CHECK_THROWS_AS((CsPredictor<N{}, 8>{CsParameters<N{}, 8>{}}), std::invalid_argument);
  CHECK_THROWS_WITH(validate(FittingSamples<N{}>{}, Target::confidence),
                    ContainsSubstring("number of exits is 0, expected at least 1"));
  CHECK_THROWS_AS(validate(ConfidenceProfile<N{}>{}), std::invalid_argument);
}

TEST_CASE("averages weigh as many exits as they are given weights for", "[run][run_time_exits]") {
  const std::array<float, 3> weights{0, 1, 3};
  AverageAnswer<3, 2, ProbabilityMean> exact{weights};
  AverageAnswer<up_to(8), 2, ProbabilityMean> at_most{std::span<const float>(weights)};
  Scores<2> output;
  for (std::size_t k = 0; k < 3; ++k) {
    output.scores = {.2f * static_cast<float>(k + 1), 1 - .2f * static_cast<float>(k + 1)};
    const auto a = exact(output, k, nullptr), b = at_most(output, k, nullptr);
    CHECK(a.output.scores == b.output.scores);
  }
  CHECK_THROWS_AS((AverageAnswer<up_to(2), 2>{std::span<const float>(weights)}), std::invalid_argument);
}

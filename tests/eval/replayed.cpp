#include "catch.hpp"
#include "eval/fixture.hpp"
#include "observations.hpp"
#include "problems.hpp"
#include "support.hpp"

#include <einet/einet.hpp>
#include <einet/eval/replayed.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <type_traits>
#include <vector>

using namespace einet;
using einet::test::cases;
using einet::test::WithAgreement;
using einet::test::WithinAbs;

namespace {

static_assert(!std::is_constructible_v<eval::RecordingSlot<3>, VirtualTime>);  // it would dangle

constexpr std::size_t six = 6;

/// Predicts by all inputs: each shifts the exits to come by its own weight.
template <std::size_t Inputs>
struct Shifted {
  static constexpr std::size_t exits = six;
  static constexpr std::size_t inputs = Inputs;
  std::array<float, six> means;
  std::array<float, six> worths = means;
  void reset() noexcept { worths = means; }
  void observe(std::size_t exit, std::span<const float, Inputs> seen) noexcept {
    constexpr std::array<float, 3> weights{.3f, .2f, -.07f};
    float shift = -.2f;
    for (std::size_t i = 0; i < Inputs; ++i) shift += weights[i] * seen[i];
    for (std::size_t k = exit + 1; k < six; ++k) worths[k] = (std::clamp)(means[k] + shift, 0.f, 1.f);
    worths[exit] = seen[0];
  }
  const std::array<float, six>& confidences() const noexcept { return worths; }
};

/// The same as eval::replayed, without a runner: the probability of a right answer, sample by sample.
template <class Planner, class Inputs>
std::vector<double> by_hand(Planner planner, const TimeProfile<six>& times,
                            const ConfidenceProfile<six>& outputs, const Uniform& law, double planning,
                            Inputs&& inputs) {
  std::vector<double> correct(outputs.samples());
  for (std::size_t s = 0; s < outputs.samples(); ++s) {
    planner.reset();
    double elapsed = 0, before = 0;
    std::size_t at = 0, in_hand = six;
    while (const auto exit = planner.next_exit()) {
      for (; at <= *exit; ++at) elapsed += times.conv[at];
      elapsed += times.branch[*exit];
      const double gone = law.cdf(elapsed);
      if (in_hand != six && outputs.correct(s, in_hand)) correct[s] += gone - before;
      before = gone;
      const bool agrees = in_hand == six || outputs.predicted[s][in_hand] == outputs.predicted[s][*exit];
      const float sure_before = in_hand == six ? 0.f : outputs.confidence[s][in_hand];
      planner.observe(*exit, inputs(s, *exit, agrees ? 1.f : 0.f, sure_before), elapsed);
      in_hand = *exit;
      elapsed += planning;
    }
    if (in_hand != six && outputs.correct(s, in_hand)) correct[s] += 1 - before;
  }
  return correct;
}

/// The confidence twice.
struct Twice {
  static constexpr std::size_t inputs = 2;
  std::array<float, 2> operator()(const Answer& output, const Answer*) const noexcept {
    return {output.confidence, output.confidence};
  }
};

/// Reads of the answer in hand more than whether it agrees.
struct WithAnswerInHand {
  static constexpr std::size_t inputs = 3;
  std::array<float, 3> operator()(const Answer& output, const Answer* in_hand) const noexcept {
    const auto [sure, agrees] = WithAgreement{}(output, in_hand);
    return {sure, agrees, in_hand == nullptr ? 0.f : in_hand->confidence};
  }
};

}  // namespace

TEST_CASE("a plan of every exit agrees with the calculation by hand", "[eval][replayed]") {
  // Outputs at 1, 2 and 3 s of 3; sample 0 is right from exit 1 on, sample 1 at exit 0 only.
  const TimeProfile<3> times{{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}};
  const ConfidenceProfile<3> outputs{
      {{0.5f, 0.5f, 0.5f}, {0.5f, 0.5f, 0.5f}}, {{0, 7, 7}, {7, 0, 0}}, {7, 7}};
  const Uniform law{3};
  const Planner planner{times, PriorPredictor<3>{{.5f, .6f, .7f}}, law, FixedPlan<3>{ExitPlan<3>::all()}};
  const auto result = eval::replayed(planner, times, outputs, law, 0.0);
  CHECK_THAT(result.correct[0], WithinAbs(1.0 / 3, 1e-12));
  CHECK_THAT(result.correct[1], WithinAbs(1.0 / 3, 1e-12));
  CHECK_THAT(result.no_answer_rate, WithinAbs(1.0 / 3, 1e-12));
  CHECK_THAT(result.exits_per_image, WithinAbs(2.0 / 3 + 1.0 / 3, 1e-12));
  CHECK(result.planning_share == 0);
  const auto charged = eval::replayed(planner, times, outputs, law, 0.25);  // outputs at 1, 2.25 and 3.5 s
  CHECK_THAT(charged.correct[0], WithinAbs(0.75 / 3, 1e-12));
  CHECK_THAT(charged.correct[1], WithinAbs(1.25 / 3, 1e-12));
  CHECK_THAT(charged.planning_share, WithinAbs(0.75 / 3.75, 1e-12));
}

TEST_CASE("the closed form equals the mean over sampled stops", "[eval][replayed]") {
  std::mt19937_64 random(31);
  const auto problem =
      test::random_problem<6>(random, test::Confidences::rising, test::Branches::random, false);
  const TimeProfile<6>& times = problem.times;
  const auto outputs = test::random_profile<6>(random, 40);
  const Uniform law{times.total()};
  const double planning = 2e-5;
  const Planner planner{times, PriorPredictor<6>{outputs.accuracy()}, law};
  const auto closed = eval::replayed(planner, times, outputs, law, planning);

  const auto blocks = replay(times, outputs);
  VirtualTime time;
  LocalSlot<Answer> slot;
  ElasticRunner runner{blocks, planner, slot, VirtualClock{time, planning}};
  std::uniform_real_distribution<double> moment(0, times.total());
  const std::size_t draws = cases(100000);
  std::size_t right = 0;
  std::size_t none = 0;
  for (std::size_t draw = 0; draw < draws; ++draw) {
    time.reset();
    ReplayedSample on{draw % outputs.samples(), &time};
    const auto result = runner.run(on, StopAfter{VirtualClock{time}, moment(random)});
    right += result.answer && result.answer->label == outputs.label[on.sample] ? 1U : 0U;
    none += result.answer ? 0U : 1U;
  }
  const double error = 4 * 0.5 / std::sqrt(static_cast<double>(draws));
  CHECK_THAT(static_cast<double>(right) / static_cast<double>(draws), WithinAbs(closed.accuracy, error));
  CHECK_THAT(static_cast<double>(none) / static_cast<double>(draws), WithinAbs(closed.no_answer_rate, error));
}

TEST_CASE("planners of one, two and three inputs are replayed by the runner as by hand", "[eval][replayed]") {
  const std::uint64_t seed = 91;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const TimeProfile<six> times =
      test::random_problem<six>(random, test::Confidences::rising, test::Branches::random, false).times;
  const auto outputs = test::random_profile<six>(random, 100);
  const Uniform law{times.total()};
  const double planning = 0.01 * times.total();
  const auto means = outputs.accuracy();
  const auto& c = outputs.confidence;
  const auto compare = [&](const auto& planner, const auto& observe, const auto& inputs) {
    const auto run = eval::replayed(planner, times, outputs, law, planning, observe);
    const auto expected = by_hand(planner, times, outputs, law, planning, inputs);
    for (std::size_t s = 0; s < outputs.samples(); ++s)
      CHECK_THAT(run.correct[s], WithinAbs(expected[s], 1e-12));
    return run.exits_per_image;
  };
  const auto one = compare(Planner{times, Shifted<1>{means}, law}, ConfidenceOnly{},
                           [&](std::size_t s, std::size_t k, float, float) { return c[s][k]; });
  const auto two = compare(Planner{times, Shifted<2>{means}, law}, Twice{},
                           [&](std::size_t s, std::size_t k, float, float) {
                             return std::array{c[s][k], c[s][k]};
                           });
  const auto agreeing = compare(Planner{times, Shifted<2>{means}, law}, WithAgreement{},
                                [&](std::size_t s, std::size_t k, float agrees, float) {
                                  return std::array{c[s][k], agrees};
                                });
  const auto three = compare(Planner{times, Shifted<3>{means}, law}, WithAnswerInHand{},
                             [&](std::size_t s, std::size_t k, float agrees, float before) {
                               return std::array{c[s][k], agrees, before};
                             });
  // The inputs that are observed decide which exits run.
  CHECK(one != two);
  CHECK(two != agreeing);
  CHECK(agreeing != three);
}

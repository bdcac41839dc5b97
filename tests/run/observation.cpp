#include "catch.hpp"
#include "observations.hpp"
#include "support.hpp"

#include <einet/plan/time_profile.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/observation.hpp>
#include <einet/run/planner.hpp>
#include <einet/search/fixed_plan.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <string_view>
#include <vector>

using namespace einet;
using einet::test::cases;
using einet::test::WithAgreement;

namespace {

constexpr std::size_t six_exits = 6, four_classes = 4;
using Output = Scores<four_classes>;

/// Records what it is shown, in a list that all its copies share.
template <std::size_t Inputs>
struct Recorder {
  static constexpr std::size_t exits = six_exits;
  static constexpr std::size_t inputs = Inputs;
  std::vector<std::array<float, Inputs>>* seen;
  std::array<float, six_exits> worths{.5f, .5f, .5f, .5f, .5f, .5f};
  void reset() noexcept {}
  void observe(std::size_t, std::span<const float, Inputs> shown) noexcept {
    std::copy(shown.begin(), shown.end(), seen->emplace_back().begin());
  }
  const std::array<float, six_exits>& confidences() const noexcept { return worths; }
};

/// Yields what it was given.
struct Given {
  Output output;
  void advance(int&) const {}
  Output classify(const int&) const { return output; }
};

/// All scores of an output, and how its label compares with that in hand.
struct AllScores {
  static constexpr std::size_t inputs = four_classes + 2;
  std::array<float, inputs> operator()(const Output& output, const Output* in_hand) const noexcept {
    std::array<float, inputs> all{confidence(output)};
    std::copy(output.scores.begin(), output.scores.end(), all.begin() + 1);
    all.back() = in_hand == nullptr ? 99.f : static_cast<float>(output.label - in_hand->label);
    return all;
  }
};

/// An output that itself says what to observe of it.
struct Talking {
  std::int32_t label;
  float sure, second;
  friend float confidence(const Talking& output) noexcept { return output.sure; }
  friend std::array<float, 2> predictor_inputs(const Talking& output) noexcept {
    return {confidence(output), output.second};
  }
};

const TimeProfile<six_exits> six_times{{1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1}};

/// What a predictor was shown in a run of `plan` over the outputs.
template <class Observation>
std::vector<std::array<float, Observation::inputs>> shown(const std::array<Given, six_exits>& network,
                                                          const ExitPlan<six_exits>& plan,
                                                          const Observation& observe) {
  std::vector<std::array<float, Observation::inputs>> seen;
  LocalSlot<Output> slot;
  ElasticRunner runner{network,
                       Planner{six_times, Recorder<Observation::inputs>{&seen}, FixedPlan<six_exits>{plan}},
                       slot, SteadyClock{}, observe};
  int features = 0;
  CHECK(runner.run(features).ran == plan);
  return seen;
}

}  // namespace

static_assert(output_observation<ConfidenceOnly, Answer>);
static_assert(output_observation<WithAgreement, Answer>);
static_assert(output_observation<AllScores, Output> && !output_observation<AllScores, Answer>);
static_assert(output_observation<OwnInputs<2>, Talking>);
static_assert(!output_observation<OwnInputs<3>, Talking> && !output_observation<OwnInputs<2>, Answer>);
static_assert(!output_observation<int, Answer> && !output_observation<ConfidenceOnly, int>);
static_assert(has_predictor_inputs<Talking, 2> && !has_predictor_inputs<Talking, 1>);
static_assert(!has_predictor_inputs<Answer, 1> && !has_predictor_inputs<int, 1>);
static_assert(ConfidenceOnly::names() == std::array<std::string_view, 1>{"confidence"});

TEST_CASE("every observation of a run is that of its outputs and the answer in hand, whatever is skipped",
          "[run][observation]") {
  const std::uint64_t seed = 17;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal(0, 1);
  for (std::size_t i = 0; i < cases(200); ++i) {
    std::array<Given, six_exits> network;
    ExitPlan<six_exits> plan;
    for (std::size_t k = 0; k < six_exits; ++k) {
      std::array<float, four_classes> logits{};
      for (float& logit : logits) logit = normal(random);
      network[k].output = softmax_scores(std::span<const float, four_classes>(logits));
      if (random() % 2 == 0) plan.insert(k);
    }
    const auto six = shown(network, plan, AllScores{});
    const auto two = shown(network, plan, WithAgreement{});
    const auto one = shown(network, plan, ConfidenceOnly{});
    REQUIRE(six.size() == plan.count());
    REQUIRE(two.size() == plan.count());
    REQUIRE(one.size() == plan.count());
    std::size_t index = 0;
    std::int32_t in_hand = -1;
    for (std::size_t k = 0; k < six_exits; ++k) {
      if (!plan.contains(k)) continue;
      const Output& output = network[k].output;
      const float agrees = in_hand == -1 || in_hand == output.label ? 1.f : 0.f;
      CHECK(one[index] == std::array{output.confidence});
      CHECK(two[index] == std::array{output.confidence, agrees});
      CHECK(six[index][0] == output.confidence);
      CHECK(std::equal(output.scores.begin(), output.scores.end(), six[index].begin() + 1));
      CHECK(six[index].back() == (in_hand == -1 ? 99.f : static_cast<float>(output.label - in_hand)));
      in_hand = output.label;
      ++index;
    }
  }
}

TEST_CASE("a new run has no answer in hand", "[run][observation]") {
  std::array<Given, six_exits> network{};
  network[0].output.label = 1;
  network[5].output.label = 2;
  std::vector<std::array<float, 2>> seen;
  LocalSlot<Output> slot;
  ElasticRunner runner{network, Planner{six_times, Recorder<2>{&seen}, FixedPlan<six_exits>{{0, 5}}}, slot,
                       WithAgreement{}};
  int features = 0;
  runner.run(features);
  runner.run(features);
  REQUIRE(seen.size() == 4);
  CHECK(seen[0][1] == 1.f);
  CHECK(seen[1][1] == 0.f);
  CHECK(seen[2][1] == 1.f);
}

TEST_CASE("an output's own inputs are observed without being named", "[run][observation]") {
  struct Block {
    void advance(int&) const {}
    Talking classify(const int&) const { return {3, .25f, -7.f}; }
  };
  const std::array<Block, six_exits> network{};
  std::vector<std::array<float, 2>> seen;
  LocalSlot<Talking> slot;
  ElasticRunner runner{network, Planner{six_times, Recorder<2>{&seen}, FixedPlan<six_exits>{{4}}}, slot};
  int features = 0;
  runner.run(features);
  CHECK(seen == std::vector<std::array<float, 2>>{{.25f, -7.f}});
}

TEST_CASE("outputs that are no sound numbers are shown to the predictor as sound ones",
          "[run][observation]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::array<Given, six_exits> network{};
  network[0].output = {{nan, HUGE_VALF, -HUGE_VALF, 0.f}, 0, nan};
  network[1].output = {{2.f, -1.f, nan, 0.f}, 0, 2.f};
  network[2].output = {{0.f, 1.f, 0.f, 0.f}, 1, 1.f};
  network[3].output = {{.25f, .25f, .25f, .25f}, 0, -HUGE_VALF};
  const auto seen = shown(network, {0, 1, 2, 3}, AllScores{});
  CHECK(seen[0] == std::array{0.f, 0.f, 0.f, 0.f, 0.f, 99.f});
  CHECK(seen[1] == std::array{1.f, 2.f, -1.f, 0.f, 0.f, 0.f});
  CHECK(seen[2] == std::array{1.f, 0.f, 1.f, 0.f, 0.f, 1.f});
  CHECK(seen[3] == std::array{0.f, .25f, .25f, .25f, .25f, -1.f});
}

// Nothing between a run's entry and its return allocates or throws: planner, predictors, searches and slot.

#include "catch.hpp"
#include "counting_new.hpp"
#include "observations.hpp"

#include <einet/einet.hpp>
#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/paper/enumeration.hpp>
#include <einet/paper/greedy.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/paper/threshold.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

using namespace einet;

namespace {

struct Quiet {
  std::int32_t label;
  float sure;
  void advance(VirtualTime& time) const noexcept { time.advance(1e-3); }
  Scores<100> classify(const VirtualTime&) const noexcept {
    Scores<100> output;
    output.label = label;
    output.confidence = sure;
    return output;
  }
};

constexpr std::size_t exits = 6;

CsPredictor<exits, 8> small_predictor() {
  CsParameters<exits, 8> parameters;
  parameters.means = {0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 0.8f};
  parameters.layer3_bias.assign(exits, 0.75f);
  return CsPredictor<exits, 8>{parameters};
}

}  // namespace

TEST_CASE("a run allocates nothing, whatever predictor and search plan it", "[run][hot_path]") {
  const std::array<Quiet, exits> network{{{0, .3f}, {1, .4f}, {2, .5f}, {3, .6f}, {4, .7f}, {5, .8f}}};
  TimeProfile<exits> profile;
  profile.conv.fill(1e-3);
  profile.branch.fill(1e-4);
  LocalSlot<Scores<100>> slot;
  VirtualTime time;
  const PriorPredictor<exits> prior{{.3f, .4f, .5f, .6f, .7f, .8f}};
  const auto without_allocation = [&](auto planner, auto... observe) {
    ElasticRunner runner{network, planner, slot, VirtualClock{time, 1e-6}, observe...};
    const std::size_t before = test::allocations();
    const auto result = runner.run(time);
    const auto read = slot.read();
    const std::size_t after = test::allocations();
    CHECK(after == before);
    CHECK(result.answer);
    CHECK(read);
  };
  const FixedPlan<exits> all{ExitPlan<exits>::all()};
  without_allocation(Planner{profile, prior});
  without_allocation(Planner{profile, prior, TruncatedGaussian::of_horizon(0.5, 0.25)});
  without_allocation(Planner{profile, small_predictor(), PointMass{5e-3}});
  without_allocation(Planner{profile, small_predictor()});
  without_allocation(Planner{profile, small_predictor(), HybridSearch{}});
  without_allocation(Planner{profile, prior, GreedySearch{}});
  without_allocation(Planner{profile, prior, EnumerationSearch{3}});
  without_allocation(Planner{profile, prior, FixedPlan<exits>{{1, 5}}});
  without_allocation(Planner{profile, prior, ThresholdSearch{0.6f}});
  without_allocation(Planner{profile, GaussianPredictor<exits, 2>{GaussianParameters<exits, 2>{}}, all},
                     test::WithAgreement{});
  without_allocation(Planner{profile, prior, Uniform{}, ExactSearch{}, {}, PlanningBudget<exits>{}});
  without_allocation(Planner{profile, prior}, ConfidenceOnly{}, MostConfidentAnswer{});
  without_allocation(Planner{profile, prior}, ConfidenceOnly{}, AverageAnswer<exits, 100>{});
}

TEST_CASE("a run that learns stop times and changes its pace allocates nothing", "[run][hot_path]") {
  const std::array<Quiet, exits> network{{{0, .3f}, {1, .4f}, {2, .5f}, {3, .6f}, {4, .7f}, {5, .8f}}};
  TimeProfile<exits> profile;
  profile.conv.fill(3e-4);  // the blocks take 1e-3
  profile.branch.fill(1e-4);
  LocalSlot<Scores<100>> slot;
  VirtualTime time;
  const PriorPredictor<exits> prior{{.3f, .4f, .5f, .6f, .7f, .8f}};
  ElasticRunner runner{network, Planner{profile, prior}, slot, VirtualClock{time, 1e-6}};
  StopHistory history{profile.total()};
  const std::size_t before = test::allocations();
  runner.run(time, AnyStop{never_stop{}, StopAfter{VirtualClock{time}, 2.5e-3}}, history);
  CHECK(test::allocations() == before);
  CHECK(runner.planner().pace() > 1.5);
  CHECK(history.weight() == 1);
}

TEST_CASE("an allocation would be noticed", "[run][hot_path]") {
  const std::size_t before = test::allocations();
  ::operator delete(::operator new(8));  // the call itself: a new-expression could be optimised away
  CHECK(test::allocations() > before);
}

static_assert(noexcept(std::declval<Planner<PriorPredictor<3>>&>().reset()));
static_assert(noexcept(std::declval<Planner<PriorPredictor<3>>&>().observe(0, 0.5f, 1.0)));
static_assert(noexcept(std::declval<const Planner<PriorPredictor<3>>&>().next_exit()));
static_assert(noexcept(std::declval<LocalSlot<Answer>&>().publish(Answer{}, 0)));
static_assert(noexcept(std::declval<const LocalSlot<Answer>&>().read()));

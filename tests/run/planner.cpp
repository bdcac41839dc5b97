#include "catch.hpp"
#include "first_plans.hpp"

#include <einet/einet.hpp>
#include <einet/paper/enumeration.hpp>
#include <einet/paper/greedy.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/paper/threshold.hpp>
#include <einet/run/planned.hpp>
#include <einet/run/planner.hpp>
#include <einet/run/planner_options.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

using einet::ExitPlan;
using einet::Planner;
using einet::PriorPredictor;
using einet::TimeProfile;
using einet::Uniform;
using einet::test::ContainsSubstring;

namespace {

const TimeProfile<3> three_times{{1, 1, 1}, {0.1, 0.1, 0.1}};
const PriorPredictor<3> prior{{0.5f, 0.7f, 0.9f}};

/// Two inputs per exit; worth is their mean.
struct TwoInputs {
  static constexpr std::size_t exits = 3;
  static constexpr std::size_t inputs = 2;
  std::array<float, 3> worth{0.5f, 0.6f, 0.7f};
  std::array<float, 2> last{};
  void reset() noexcept { worth = {0.5f, 0.6f, 0.7f}; }
  void observe(std::size_t exit, std::span<const float, 2> seen) noexcept {
    last = {seen[0], seen[1]};
    worth[exit] = (seen[0] + seen[1]) / 2;
  }
  const std::array<float, 3>& confidences() const noexcept { return worth; }
};
static_assert(einet::exit_predictor<TwoInputs>);

/// Exit 1 will be no better than exit 0.
struct Sure {
  static constexpr std::size_t exits = 3;
  static constexpr std::size_t inputs = 1;
  std::array<float, 3> worth{0.5f, 0.7f, 0.9f};
  void reset() noexcept { worth = {0.5f, 0.7f, 0.9f}; }
  void observe(std::size_t exit, std::span<const float, 1> seen) noexcept {
    worth[exit] = seen[0];
    if (exit == 0) worth[1] = 0.95f * seen[0];
  }
  const std::array<float, 3>& confidences() const noexcept { return worth; }
};
static_assert(einet::exit_predictor<Sure>);

}  // namespace

TEST_CASE("the first plan is the best static plan, whatever the previous sample did", "[run][planner]") {
  Planner planner{three_times, prior};
  const einet::Problem<3> start{three_times, prior.confidences()};
  const ExitPlan<3> best = einet::ExactSearch{}(start, Uniform{three_times.total()}).plan;
  CHECK(planner.plan().plan == best);
  planner.observe(0, 0.99f, 5.0);
  planner.reset();
  CHECK(planner.plan().plan == best);
  CHECK(planner.problem().first == 0);
  CHECK(planner.problem().elapsed == 0);
  CHECK(planner.problem().confidences == prior.confidences());
}

TEST_CASE("after every output planning goes on from the state of the run", "[run][planner]") {
  Planner planner{three_times, prior, {.follow_pace = false}};
  REQUIRE(planner.next_exit() == 0U);
  planner.observe(0, 0.6f, 1.2);
  const einet::Problem<3> expected{three_times, {0.6f, 0.7f, 0.9f}, 0.6f, 1, 1.2};
  const auto found = einet::ExactSearch{}(expected, Uniform{three_times.total()});
  CHECK(planner.plan().plan == found.plan);
  CHECK(planner.plan().worth == found.worth);
  planner.observe(1, 0.95f, 2.3);  // better than what is to come
  CHECK_FALSE(planner.next_exit());
}

TEST_CASE("what is left of a run is planned at its pace", "[run][planner]") {
  Planner planner{three_times, prior};
  planner.observe(0, 0.6f, 2.2);  // twice the profiled time
  einet::Pace pace{0.05 * three_times.total()};
  pace.observe(1.1, 2.2);
  CHECK(pace.factor() > 1.8);
  CHECK(planner.pace() == pace.factor());
  einet::Problem<3> expected{three_times, {0.6f, 0.7f, 0.9f}, 0.6f, 1, 2.2};
  for (std::size_t k = 1; k < 3; ++k) {
    expected.times.conv[k] *= pace.factor();
    expected.times.branch[k] *= pace.factor();
    CHECK(planner.problem().times.conv[k] == expected.times.conv[k]);
    CHECK(planner.problem().times.branch[k] == expected.times.branch[k]);
  }
  CHECK(planner.plan().worth == einet::ExactSearch{}(expected, Uniform{three_times.total()}).worth);
  planner.reset();
  CHECK(planner.pace() == 1);
  CHECK(planner.problem().times == three_times);
}

TEST_CASE("time that the planner spends does not count as the network's", "[run][planner]") {
  Planner planner{three_times, prior};
  planner.observe(0, 0.6f, 1.1);
  planner.spent(0.4);
  planner.observe(1, 0.7f, 1.1 + 0.4 + 1.1);
  CHECK(planner.pace() == 1);
}

namespace {

/// The loop of a user's own engine that takes the profiled times, and a second for publishing.
template <class Planner, class Told>
double paced(Planner planner, const Told& told) {
  einet::VirtualTime time;
  planner.reset();
  const einet::Stopwatch elapsed{einet::VirtualClock{time}};
  std::size_t at = 0;
  while (const auto k = planner.next_exit()) {
    while (at <= *k) time.advance(three_times.conv[at++]);
    time.advance(three_times.branch[*k]);
    told(planner, *k, elapsed, time);
  }
  CHECK(at == 3);
  return planner.pace();
}

}  // namespace

TEST_CASE("publishing in an engine's own loop does not count as the network's time", "[run][planner]") {
  const Planner planner{three_times, PriorPredictor<3>{{0.5f, 0.7f, 0.9f}}, Uniform{100}};
  REQUIRE(planner.plan().plan == ExitPlan<3>{0, 1, 2});
  const auto by_clock = [](auto& plan, std::size_t k, const auto& elapsed, einet::VirtualTime& time) {
    const double ready = elapsed();
    time.advance(1);
    plan.observe(k, 0.5f + 0.2f * static_cast<float>(k), ready, elapsed);
    CHECK(plan.problem().elapsed == ready + 1);
  };
  CHECK(paced(planner, by_clock) == 1);
  const auto by_hand = [](auto& plan, std::size_t k, const auto& elapsed, einet::VirtualTime& time) {
    const double ready = elapsed();
    plan.observe(k, 0.5f + 0.2f * static_cast<float>(k), ready);
    time.advance(1);
    plan.spent(elapsed() - ready);
  };
  CHECK(paced(planner, by_hand) == 1);
  const auto untold = [](auto& plan, std::size_t k, const auto& elapsed, einet::VirtualTime& time) {
    time.advance(1);
    plan.observe(k, 0.5f + 0.2f * static_cast<float>(k), elapsed());
  };
  CHECK(paced(planner, untold) > 1.5);  // what it would read otherwise
}

TEST_CASE("a clock given to the planner is read before planning and after it", "[run][planner]") {
  Planner planner{three_times, prior, Uniform{}, einet::ExactSearch{}, {}, einet::PlanningBudget<3>{}};
  double now = 1.6;  // the branch was done at 1.1
  const auto ticking = [&now] { return (now += 0.25) - 0.25; };
  CHECK(planner.observe(0, 0.6f, 1.1, ticking));
  CHECK(planner.problem().elapsed == 1.6);
  CHECK_THAT(planner.budget().seconds(), einet::test::WithinAbs(0.25, 1e-12));
  planner.pass(1, [] { return 1.85 + 1; });
  CHECK(planner.pace() == 1);
  now = 2.85 + 1;  // the next part takes twice its time, and the planning thereupon 0.25 s
  CHECK(planner.pass(2, [&now] { return (now += 0.25) - 0.25 + 1; }));
}

TEST_CASE("after a conv part at another pace the planner plans anew, at the same pace it does not",
          "[run][planner]") {
  Planner planner{three_times, PriorPredictor<3>{{0.5f, 0.7f, 0.9f}}, einet::PointMass{3.2}};
  REQUIRE(planner.next_exit() == 2U);  // ready at 3.1
  CHECK_FALSE(planner.pass(0, 1.0));
  CHECK_FALSE(planner.pass(1, 2.02));
  CHECK(planner.next_exit() == 2U);
  planner.reset();
  CHECK_FALSE(planner.pass(0, 1.0));
  CHECK(planner.pass(1, 3.0));  // at half the speed: only the branch of this part is in time
  CHECK(planner.problem().first == 1);
  CHECK(planner.problem().elapsed == 3.0);
  CHECK(planner.problem().times.conv[1] == 0);
  CHECK(planner.next_exit() == 1U);
  planner.observe(1, 0.7f, 3.2);
  CHECK_FALSE(planner.next_exit());
  planner.reset();
  CHECK(planner.next_exit() == 2U);

  Planner rigid{
      three_times, PriorPredictor<3>{{0.5f, 0.7f, 0.9f}}, einet::PointMass{3.2}, {.follow_pace = false}};
  CHECK_FALSE(rigid.pass(0, 100.0));
  CHECK(rigid.next_exit() == 2U);
}

TEST_CASE("planning that gains less than it costs is skipped, and looked at again", "[run][planner]") {
  using Limited = einet::PlanningBudget<3>;
  const auto plannings = [](double seconds, double threshold) {
    Planner planner{three_times, prior, Uniform{}, einet::ExactSearch{}, {}, Limited{threshold}};
    int planned = 0;
    for (int run = 0; run < 200; ++run) {
      planner.reset();
      planner.spent(1e-9);
      const bool anew = planner.observe(0, 0.5f, 1.1);  // exactly as expected: no new plan is better
      planned += anew ? 1 : 0;
      if (anew) planner.spent(seconds);
      CHECK(planner.problem().in_hand == 0.5f);
      CHECK(planner.next_exit() == 1U);
    }
    return planned;
  };
  CHECK(plannings(0.1, 1) < 20);
  CHECK(plannings(0.1, 0) < 20);  // it gains nothing at all
  Planner always{three_times, prior};
  CHECK(always.observe(0, 0.5f, 1.1));
}

TEST_CASE("the time of skipped planning does not count towards that of planning", "[run][planner]") {
  Planner planner{three_times, Sure{}, Uniform{}, einet::ExactSearch{}, {}, einet::PlanningBudget<3>{}};
  int planned = 0;
  for (int run = 0; run < 400; ++run) {
    planner.reset();
    planner.spent(1e-6);
    const bool anew = planner.observe(0, run % 2 == 0 ? 0.1f : 0.3f, 1.1);  // worth a little, not a second
    planned += anew ? 1 : 0;
    planner.spent(anew ? 1.0 : 1e-6);
  }
  CHECK(planned < 40);
}

TEST_CASE("planning that gains more than it costs is not skipped", "[run][planner]") {
  Planner planner{three_times, Sure{}, Uniform{}, einet::ExactSearch{}, {}, einet::PlanningBudget<3>{}};
  int planned = 0;
  for (int run = 0; run < 200; ++run) {
    planner.reset();
    const bool anew = planner.observe(0, run % 2 == 0 ? 0.1f : 0.8f, 1.1);
    planned += anew ? 1 : 0;
    planner.spent(1e-4);
  }
  CHECK(planned == 200);
}

TEST_CASE("the law may change between two runs", "[run][planner]") {
  Planner planner{three_times, prior, einet::PointMass{3.2}};
  REQUIRE(planner.next_exit() == 2U);
  planner.set_law(einet::PointMass{1.5});
  planner.reset();
  CHECK(planner.next_exit() == 0U);
}

TEST_CASE("the price of time may change between two runs", "[run][planner]") {
  const PriorPredictor<3> rising{{.4f, .6f, .9f}};
  Planner planner{TimeProfile<3>{{1, 1, 1}, {0, 0, 0}}, rising, Uniform{4}};
  const auto plan_at = [&](double price) {
    planner.set_price(price);
    planner.reset();
    return planner.plan().plan;
  };
  CHECK(planner.price() == 0);
  CHECK(planner.plan().plan == ExitPlan<3>{0, 1, 2});
  CHECK(plan_at(.15) == ExitPlan<3>{0});
  CHECK(planner.price() == .15);
  planner.observe(0, .4f, 1);
  CHECK_FALSE(planner.next_exit());  // the price holds for the whole run
  CHECK(plan_at(0) == ExitPlan<3>{0, 1, 2});
  CHECK(plan_at(1e6) == ExitPlan<3>{0});  // a sample that has been begun is answered at any price
  for (const double no_price : {-1.0, HUGE_VAL, std::nan("")}) {
    plan_at(.15);
    CHECK(plan_at(no_price) == ExitPlan<3>{0, 1, 2});
    CHECK(planner.price() == 0);
  }
  CHECK((Planner{planner.times(), rising, Uniform{4}, {.price = .15}}).plan().plan == ExitPlan<3>{0});
}

TEST_CASE("the first plan is searched for only if something it depends on has changed", "[run][planner]") {
  Planner planner{three_times, prior, Uniform{4}, einet::test::CountingSearch{}};
  einet::test::check_first_plans(planner);
}

TEST_CASE("a device at half speed pays twice for a part", "[run][planner]") {
  // The last exit adds .3 · 4/5 in a second or, at half speed, .3 · 2/4 in two.
  const auto left = [](double pace) {
    Planner planner{
        TimeProfile<2>{{1, 1}, {0, 0}}, PriorPredictor<2>{{.4f, .7f}}, Uniform{6}, {.price = .11}};
    planner.observe(0, .4f, pace);
    return planner.next_exit().has_value();
  };
  CHECK(left(1));
  CHECK_FALSE(left(2));
}

TEST_CASE("an answer the caller already has must be beaten", "[run][planner]") {
  Planner planner{three_times, prior, {.initial_worth = 0.8f}};
  CHECK(planner.next_exit() == 2U);
  CHECK_THROWS_WITH((Planner{three_times, prior, {.initial_worth = 1.5f}}),
                    ContainsSubstring("initial_worth"));
}

namespace {

/// Predicts `before` before the first output and `after` afterwards.
struct Wild {
  static constexpr std::size_t exits = 3;
  static constexpr std::size_t inputs = 1;
  std::array<float, 3> before, after;
  std::array<float, 3> now = before;
  void reset() noexcept { now = before; }
  void observe(std::size_t, std::span<const float, 1>) noexcept { now = after; }
  const std::array<float, 3>& confidences() const noexcept { return now; }
};

template <class Search, class Law>
void check_border(const Wild& wild, const Wild& sound, const Search& search, const Law& law) {
  Planner planner{three_times, wild, law, search};
  Planner tame{three_times, sound, law, search};
  const auto same = [&] {
    CHECK(planner.problem().confidences == tame.problem().confidences);
    CHECK(planner.problem().in_hand == tame.problem().in_hand);
    CHECK(planner.plan().plan == tame.plan().plan);
    CHECK(planner.plan().worth == tame.plan().worth);
    CHECK(planner.plan().worth >= 0);
    CHECK(planner.plan().worth <= 1);
  };
  same();
  for (std::size_t exit = 0; exit < 3; ++exit) {
    planner.observe(exit, 0.5f, static_cast<double>(exit) + 1);
    tame.observe(exit, 0.5f, static_cast<double>(exit) + 1);
    same();
  }
}

}  // namespace

TEST_CASE("whatever a predictor predicts, searches get probabilities", "[run][planner]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const std::array<float, 3> usual{0.5f, 0.7f, 0.9f};
  for (const auto& [bad, taken] :
       {std::pair{nan, 0.f}, std::pair{-nan, 0.f}, std::pair{infinity, 1.f}, std::pair{-infinity, 0.f},
        std::pair{-1e-9f, 0.f}, std::pair{1.0000001f, 1.f}, std::pair{-0.f, 0.f}, std::pair{3e38f, 1.f}})
    for (std::size_t places = 1; places < 8; ++places)
      for (const bool at_first : {true, false}) {
        CAPTURE(bad, places, at_first);
        Wild wild{usual, usual}, sound{usual, usual};
        for (std::size_t k = 0; k < 3; ++k) {
          if ((places >> k & 1U) == 0) continue;
          (at_first ? wild.before : wild.after)[k] = bad;
          (at_first ? sound.before : sound.after)[k] = taken;
        }
        check_border(wild, sound, einet::ExactSearch{}, Uniform{});
        check_border(wild, sound, einet::ExactSearch{}, einet::TruncatedGaussian::of_horizon(0.5, 0.25));
        check_border(wild, sound, einet::HybridSearch{}, Uniform{});
        check_border(wild, sound, einet::GreedySearch{}, Uniform{});
        check_border(wild, sound, einet::EnumerationSearch{2}, Uniform{});
        check_border(wild, sound, einet::ThresholdSearch{0.6f}, Uniform{});
      }
}

TEST_CASE("values that are not numbers do not spread", "[run][planner]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  Planner planner{three_times, prior};
  planner.observe(0, nan, std::numeric_limits<double>::quiet_NaN());
  CHECK(planner.problem().in_hand == 0);
  CHECK(planner.problem().elapsed == 0);
  CHECK(std::isfinite(planner.plan().worth));
  planner.reset();
  planner.observe(0, infinity, std::numeric_limits<double>::infinity());
  CHECK(planner.problem().in_hand == 1);
  CHECK(planner.problem().elapsed == 0);
  planner.observe(1, -3.f, -1.0);
  CHECK(planner.problem().in_hand == 0);
  planner.reset();
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), -1.0, 1e300}) {
    planner.reset();
    planner.observe(0, 0.5f, 1.1, bad);  // when it was published
    CHECK(planner.problem().elapsed == (bad > 1 ? bad : 1.1));
    planner.spent(bad);
    planner.observe(1, 0.6f, bad, 2.2);
    CHECK(std::isfinite(planner.pace()));
    CHECK(std::isfinite(planner.plan().worth));
  }

  Planner two{three_times, TwoInputs{}};
  const std::array<float, 2> bad{0.5f, nan};
  two.observe(0, bad, 1.0);
  CHECK(two.problem().in_hand == 0.25f);
}

TEST_CASE("options that make no sense are refused", "[run][planner]") {
  const auto refuse = [](einet::PlannerOptions options, const char* field) {
    CHECK_THROWS_WITH((Planner{three_times, prior, options}), ContainsSubstring(field));
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  refuse({.initial_worth = -0.1f}, "initial_worth");
  refuse({.initial_worth = static_cast<float>(nan)}, "initial_worth");
  refuse({.margin = 0.9}, "margin");
  refuse({.margin = nan}, "margin");
  refuse({.margin = std::numeric_limits<double>::infinity()}, "margin");
  refuse({.price = -0.5}, "price");
  refuse({.price = nan}, "price");
  refuse({.price = std::numeric_limits<double>::infinity()}, "price");
}

TEST_CASE("unknown inputs reach a predictor that takes them as unknown", "[run][planner]") {
  using Joint = einet::GaussianPredictor<3, 2>;
  // Fitted to samples whose second input says much about the exits to come.
  std::vector<einet::FittingSamples<3, 2>::Row> rows;
  std::vector<std::array<bool, 3>> correct;
  for (int s = 0; s < 200; ++s) {
    const float ease = static_cast<float>(s % 20) / 20;
    const float hint = static_cast<float>(s % 7) / 7;
    einet::FittingSamples<3, 2>::Row row;
    for (std::size_t k = 0; k < 3; ++k) row[k] = {ease, hint};
    rows.push_back(row);
    correct.push_back({ease > .5f, hint > .5f, ease + hint > .8f});
  }
  const Joint joint{einet::fit_gaussian(einet::FittingSamples<3, 2>{rows, correct},
                                        {.target = einet::Target::correctness})};
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto by_planner = [&](std::array<float, 2> seen) {
    Planner planner{three_times, joint};
    planner.observe(0, seen, 1.1);
    return planner.problem().confidences;
  };
  const auto alone = [&](std::array<float, 2> seen) {
    Joint model = joint;
    model.reset();
    model.observe(0, seen);
    return model.confidences();
  };
  CHECK(by_planner({0.6f, nan}) == alone({0.6f, nan}));
  CHECK(by_planner({0.6f, nan}) != alone({0.6f, 0.f}));
  CHECK(by_planner({nan, nan}) == alone({0.f, nan}));
  for (const float worth : by_planner({0.6f, std::numeric_limits<float>::infinity()}))
    CHECK(std::isfinite(worth));
}

TEST_CASE("a profile for which no plan can be made is refused", "[run][planner]") {
  CHECK_THROWS_WITH((Planner{TimeProfile<3>{{1, -1, 1}, {0, 0, 0}}, prior}), ContainsSubstring("conv[1]"));
  CHECK_THROWS_AS((Planner{TimeProfile<3>{}, prior}), std::invalid_argument);
}

TEST_CASE("a sample that promises nothing is not run at all", "[run][planner]") {
  Planner planner{three_times, PriorPredictor<3>{{0.f, 0.f, 0.f}}};
  CHECK_FALSE(planner.next_exit());
}

TEST_CASE("if no output would be in time, the first that promises anything is run", "[run][planner]") {
  const Planner one{TimeProfile<1>{{1}, {0.5}}, PriorPredictor<1>{{0.5f}}};
  CHECK(one.next_exit() == 0U);
  Planner late{three_times, prior, Uniform{0.5}};
  CHECK(late.next_exit() == 0U);
  late.observe(0, 0.5f, 0.45);  // it was in time after all, but later ones are not
  CHECK_FALSE(late.next_exit());
  const Planner hopeless{three_times, PriorPredictor<3>{{0.f, 0.7f, 0.9f}}, einet::PointMass{0.5}};
  CHECK(hopeless.next_exit() == 1U);
}

TEST_CASE("a clock far ahead leaves the planner its last chance", "[run][planner]") {
  Planner planner{three_times, prior};
  planner.observe(0, 0.5f, 1e9);
  CHECK(planner.next_exit() == 2U);
  CHECK(std::abs(planner.plan().worth - 0.9) < 1e-6);
}

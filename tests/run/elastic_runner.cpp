#include "catch.hpp"
#include "run/fixture.hpp"

#include <einet/einet.hpp>
#include <einet/run/block.hpp>
#include <einet/run/elastic_run.hpp>
#include <einet/run/run_result.hpp>
#include <einet/run/runner_setup.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

using einet::Answer;
using einet::ElasticRunner;
using einet::ExitPlan;
using einet::LocalSlot;
using einet::Outcome;
using einet::Planner;
using einet::PriorPredictor;
using einet::StopAfter;
using einet::TimeProfile;
using einet::VirtualClock;
using einet::VirtualTime;
using einet::test::ContainsSubstring;
using einet::test::ToyBlock;
using einet::test::Trace;
using einet::test::WithinAbs;

namespace {

const TimeProfile<4> times{{1, 1, 1, 1}, {0.25, 0.25, 0.25, 0.25}};
const std::array<ToyBlock, 4> toy{{{0, &times}, {1, &times}, {2, &times}, {3, &times}}};

/// A search that always returns the plan it was given.
struct Fixed {
  ExitPlan<4> plan;
  template <class Law>
  einet::Found<4> operator()(const einet::Problem<4>& problem, const Law& law) const noexcept {
    return {plan, expectation(problem, plan, law), false};
  }
};

struct Run {
  VirtualTime time;
  Trace trace{&time, {0.5f, 0.6f, 0.7f, 0.8f}, ""};
  LocalSlot<Answer> slot;

  template <class Stop>
  auto operator()(ExitPlan<4> plan, Stop stop, double planning = 0) {
    Planner planner{times, PriorPredictor<4>{{0.5f, 0.6f, 0.7f, 0.8f}}, Fixed{plan}};
    ElasticRunner runner{toy, planner, slot, VirtualClock{time, planning}};
    return runner.run(trace, stop);
  }
};

}  // namespace

TEST_CASE("the runner runs the planned branches and no conv part beyond the last", "[run][elastic_runner]") {
  Run run;
  const auto result = run({0, 2}, einet::never_stop{});
  CHECK(run.trace.log == "c0 b0 c1 c2 b2 ");
  CHECK(result.outcome == Outcome::completed);
  CHECK(result.answer == Answer{12, 0.7f});
  CHECK(result.exit == 2U);
  CHECK(result.ran == ExitPlan<4>{0, 2});
  CHECK_THAT(result.elapsed, WithinAbs(3.5, 1e-12));
  CHECK(result.planning == 0);
}

TEST_CASE("at every moment of the stop the newest output is in hand", "[run][elastic_runner]") {
  // Plan 1011: outputs at 1.25, 3.5 and 4.75 s. An output ready exactly at the stop counts.
  const auto holder = [](double exit) -> std::optional<std::size_t> {
    if (exit >= 4.75) return 3;
    if (exit >= 3.5) return 2;
    if (exit >= 1.25) return 0;
    return std::nullopt;
  };
  for (double exit = 0; exit < 5.5; exit += 0.125) {
    CAPTURE(exit);
    Run run;
    const auto result = run({0, 2, 3}, StopAfter{VirtualClock{run.time}, exit});
    CHECK(result.exit == holder(exit));
    const auto read = run.slot.read();
    CHECK(read.has_value() == result.answer.has_value());
    if (read) CHECK(read->output == result.answer);
    if (read) CHECK(read->exit == *result.exit);
    CHECK(result.outcome == (exit >= 4.75 ? Outcome::completed : Outcome::deadline));
  }
}

TEST_CASE("a stop before the first output leaves no answer", "[run][elastic_runner]") {
  Run run;
  const auto result = run({1, 3}, StopAfter{VirtualClock{run.time}, 1.0});
  CHECK_FALSE(result.answer);
  CHECK_FALSE(result.exit);
  CHECK(result.ran.empty());
  CHECK(result.outcome == Outcome::deadline);
  CHECK_FALSE(run.slot.read());
}

TEST_CASE("a stop requested before the start runs nothing and clears the slot", "[run][elastic_runner]") {
  Run run;
  run.slot.publish(Answer{99, 1.f}, 3);
  const auto result = run({0, 1}, StopAfter{VirtualClock{run.time}, -1.0});
  CHECK(run.trace.log.empty());
  CHECK(result.outcome == Outcome::deadline);
  CHECK_FALSE(result.answer);
  CHECK_FALSE(run.slot.read());
}

TEST_CASE("an empty plan ends as nothing planned", "[run][elastic_runner]") {
  Run run;
  const auto result = run({}, einet::never_stop{});
  CHECK(result.outcome == Outcome::nothing_planned);
  CHECK_FALSE(result.answer);
  CHECK(run.trace.log.empty());
  CHECK(run({}, StopAfter{VirtualClock{run.time}, -1.0}).outcome == Outcome::deadline);
}

TEST_CASE("a virtual clock charges every planning", "[run][elastic_runner]") {
  Run run;
  const auto result = run({0, 2}, einet::never_stop{}, 0.125);
  CHECK_THAT(result.planning, WithinAbs(0.25, 1e-12));
  CHECK_THAT(result.elapsed, WithinAbs(3.75, 1e-12));
}

TEST_CASE("an outcome says what asked to stop", "[run][elastic_runner]") {
  std::stop_source source;
  const auto outcome = [&](double deadline) {
    Run run;
    return run({0, 2}, einet::AnyStop{source.get_token(), StopAfter{VirtualClock{run.time}, deadline}})
        .outcome;
  };
  CHECK(outcome(9) == Outcome::completed);
  CHECK(outcome(2) == Outcome::deadline);
  source.request_stop();
  CHECK(outcome(2) == Outcome::stopped);
  CHECK(std::string(to_string(Outcome::deadline)) == "deadline");
}

namespace {

/// Comes after `moment` like a deadline, but cannot tell when it came, like a token.
struct Mute {
  VirtualTime* time;
  double moment;
  bool stop_requested() const noexcept { return time->seconds() > moment; }
};

}  // namespace

TEST_CASE("a deadline tells when it came, whatever was running", "[run][elastic_runner]") {
  // Plan 1010, plannings of 0.25 s: outputs at 1.25 and 3.75 s.
  for (const double planning : {0.0, 0.25}) {
    for (double moment = 0; moment < 5; moment += 0.0625) {
      CAPTURE(planning, moment);
      Run run;
      const auto result = run({0, 2}, StopAfter{VirtualClock{run.time}, moment}, planning);
      const bool in_time = result.outcome == Outcome::completed;
      CHECK(in_time == (moment >= 3.5 + planning));
      CHECK_THAT(result.stopped_at, WithinAbs(in_time ? 0 : moment, 1e-12));
    }
    Run late;
    CHECK(late({0, 2}, StopAfter{VirtualClock{late.time}, -1.0}, planning).stopped_at == 0);
  }
}

TEST_CASE("a stop that cannot tell when it came is placed half-way between two polls",
          "[run][elastic_runner]") {
  const auto stopped_at = [](ExitPlan<4> plan, double moment, double planning = 0) {
    Run run;
    return run(plan, Mute{&run.time, moment}, planning).stopped_at;
  };
  CHECK_THAT(stopped_at({0, 2}, 0.9), WithinAbs(0.5, 1e-12));
  CHECK_THAT(stopped_at({0, 2}, 1.1), WithinAbs(1.125, 1e-12));   // in branch 0
  CHECK_THAT(stopped_at({0, 2}, 1.3), WithinAbs(1.75, 1e-12));    // in conv part 1
  CHECK_THAT(stopped_at({0, 2}, 3.26), WithinAbs(3.375, 1e-12));  // in branch 2
  CHECK(stopped_at({0, 2}, 9) == 0);
  CHECK(stopped_at({0, 2}, -1) == 0);
  CHECK_THAT(stopped_at({0, 2}, 1.3, 0.25), WithinAbs(1.375, 1e-12));  // in the planning after branch 0
  CHECK_THAT(stopped_at({0, 2}, 1.7, 0.25), WithinAbs(2.0, 1e-12));    // in conv part 1, from 1.5 on
  // Never further off than half of what was running; also for planning after conv parts.
  const TimeProfile<4> slow{{1, 3, 3, 3}, {0.25, 0.75, 0.75, 0.75}};
  const std::array<ToyBlock, 4> network{{{0, &slow}, {1, &slow}, {2, &slow}, {3, &slow}}};
  bool in_planning_after_conv = false;
  for (double moment = 0; moment < 12; moment += 0.0625) {
    CAPTURE(moment);
    VirtualTime time;
    Trace trace{&time, {0.5f, 0.6f, 0.7f, 0.8f}, ""};
    LocalSlot<Answer> slot;
    ElasticRunner runner{network, Planner{times, PriorPredictor<4>{trace.confidences}, Fixed{{3}}}, slot,
                         VirtualClock{time, 1.0}};
    const auto result = runner.run(trace, Mute{&time, moment});
    if (result.outcome != Outcome::stopped) continue;
    const bool planning = time.seconds() - result.stopped_at == 0.5;
    in_planning_after_conv = in_planning_after_conv || planning;
    CHECK_THAT(result.stopped_at, WithinAbs(moment, planning ? 0.5 : 1.5));
  }
  CHECK(in_planning_after_conv);
}

TEST_CASE("the runner feeds a history of stops", "[run][elastic_runner]") {
  VirtualTime time;
  Trace trace{&time, {0.5f, 0.6f, 0.7f, 0.8f}, ""};
  LocalSlot<Answer> slot;
  const Planner planner{times, PriorPredictor<4>{{0.5f, 0.6f, 0.7f, 0.8f}}, Fixed{{0, 2}}};
  ElasticRunner runner{toy, planner, slot, VirtualClock{time}};
  einet::StopHistory fed{times.total()};
  einet::StopHistory expected{times.total()};
  runner.run(trace, StopAfter{VirtualClock{time}, 2.0}, fed);
  expected.observe(2.0);
  time.reset();
  runner.run(trace, einet::never_stop{}, fed);
  expected.observe_completion(3.5);
  CHECK(fed.state() == expected.state());
}

TEST_CASE("a history learns when deadlines came, planning or not", "[run][elastic_runner]") {
  einet::StopHistory fed{6.0}, expected{6.0};
  for (int i = 1; i < 90; ++i) {
    const double moment = 0.053 * i;  // at no edge of a bin
    Run run;
    const Planner planner{times, PriorPredictor<4>{run.trace.confidences}, Fixed{{0, 2, 3}}};
    ElasticRunner runner{toy, planner, run.slot, VirtualClock{run.time, 0.4}};
    const auto result = runner.run(run.trace, StopAfter{VirtualClock{run.time}, moment}, fed);
    REQUIRE(result.outcome == Outcome::deadline);
    expected.observe(moment);
  }
  CHECK(fed.state() == expected.state());
}

namespace {

/// Runs the toy network of four with blocks that take `slow` times as long from block `from` on.
struct Slowed {
  VirtualTime time;
  Trace trace{&time, {0.2f, 0.5f, 0.6f, 0.9f}, ""};
  LocalSlot<Answer> slot;

  template <class Law, class Stop = einet::never_stop>
  auto operator()(std::size_t from, double slow, const Law& law, einet::PlannerOptions options,
                  Stop stop = {}) {
    TimeProfile<4> real = times;
    for (std::size_t k = from; k < 4; ++k) {
      real.conv[k] *= slow;
      real.branch[k] *= slow;
    }
    const std::array<ToyBlock, 4> network{{{0, &real}, {1, &real}, {2, &real}, {3, &real}}};
    const Planner planner{times, PriorPredictor<4>{trace.confidences}, law, options};
    ElasticRunner runner{network, planner, slot, VirtualClock{time, 1e-3}};
    return runner.run(trace, stop);
  }
};

}  // namespace

TEST_CASE("a run that slows down is planned anew before it misses its deadline", "[run][elastic_runner]") {
  // The last exit would be ready at 4.25 s; at a third of the speed from block 1 on, exit 1 is at 4.75 s.
  const einet::PointMass law{4.9};
  Slowed rigid;
  const auto missed =
      rigid(1, 3, law, {.follow_pace = false}, StopAfter{VirtualClock{rigid.time}, law.deadline()});
  CHECK(rigid.trace.log == "c0 c1 c2 ");
  CHECK_FALSE(missed.answer);
  CHECK(missed.outcome == Outcome::deadline);

  Slowed elastic;
  const auto kept = elastic(1, 3, law, {}, StopAfter{VirtualClock{elastic.time}, law.deadline()});
  CHECK(elastic.trace.log == "c0 c1 b1 ");
  CHECK(kept.exit == 1U);
  CHECK(kept.outcome == Outcome::completed);  // nothing else can be in time

  Slowed steady;  // without a change of pace nothing changes
  const auto planned = steady(1, 1, law, {}, StopAfter{VirtualClock{steady.time}, law.deadline()});
  CHECK(steady.trace.log == "c0 c1 c2 c3 b3 ");
  CHECK_THAT(planned.planning, WithinAbs(1e-3, 1e-12));
}

TEST_CASE("a margin leaves room before a deadline", "[run][elastic_runner]") {
  const einet::PointMass law{4.3};
  Slowed bold;
  const auto late = bold(0, 1.05, law, {.follow_pace = false}, StopAfter{VirtualClock{bold.time}, 4.3});
  CHECK_FALSE(late.answer);
  Slowed careful;
  const auto kept = careful(0, 1.05, law, {.margin = 1.1, .follow_pace = false},
                            StopAfter{VirtualClock{careful.time}, 4.3});
  CHECK(kept.exit == 2U);
}

TEST_CASE("the answer published is the one that the policy makes of the outputs", "[run][elastic_runner]") {
  VirtualTime time;
  Trace trace{&time, {0.5f, 0.8f, 0.7f, 0.6f}, ""};
  LocalSlot<Answer> slot;
  const Planner planner{times, PriorPredictor<4>{{0.5f, 0.6f, 0.7f, 0.8f}}, Fixed{{0, 1, 2}}};
  ElasticRunner runner{toy, planner, slot, VirtualClock{time}, einet::MostConfidentAnswer{}};
  const auto result = runner.run(trace);
  CHECK(result.answer == Answer{11, 0.8f});
  CHECK(result.exit == 1U);
  CHECK(result.ran == ExitPlan<4>{0, 1, 2});
  CHECK(slot.read() == einet::Published<Answer>{{11, 0.8f}, 1});
  CHECK(runner.planner().problem().in_hand == 0.8f);
}

namespace {

/// Answers with a label of its own.
struct Labelled {
  std::int32_t label = 0;
  static void reset() noexcept {}
  einet::Published<Answer> operator()(const Answer& output, std::size_t exit,
                                      const einet::Published<Answer>*) const noexcept {
    return {{label, output.confidence}, exit};
  }
};

/// Trusts outputs by a factor.
struct Discounted {
  static constexpr std::size_t inputs = 1;
  float factor = 1;
  std::array<float, 1> operator()(const Answer& output, const Answer*) const noexcept {
    return {factor * output.confidence};
  }
};

}  // namespace

TEST_CASE("a run goes by the policies that the runner was given, not by others of their types",
          "[run][elastic_runner]") {
  VirtualTime time;
  Trace trace{&time, {0.5f, 0.8f, 0.7f, 0.6f}, ""};
  LocalSlot<Answer> slot;
  const Planner planner{times, PriorPredictor<4>{{0.5f, 0.6f, 0.7f, 0.8f}}, Fixed{{0, 1}}};
  ElasticRunner runner{toy, planner, slot, Labelled{7}, VirtualClock{time}, Discounted{.5f}};
  CHECK(runner.run(trace).answer == Answer{7, 0.8f});
  CHECK(runner.planner().problem().in_hand == 0.4f);
}

TEST_CASE("vectors and tuples of blocks run like arrays", "[run][elastic_runner]") {
  const std::vector<ToyBlock> many(toy.begin(), toy.end());
  const std::tuple<ToyBlock, ToyBlock, ToyBlock, ToyBlock> mixed{toy[0], toy[1], toy[2], toy[3]};
  const Planner planner{times, PriorPredictor<4>{{0.5f, 0.6f, 0.7f, 0.8f}}, Fixed{{1, 3}}};
  LocalSlot<Answer> slot;
  VirtualTime time;
  const auto log = [&](const auto& network) {
    Trace trace{&time, {0.5f, 0.6f, 0.7f, 0.8f}, ""};
    ElasticRunner runner{network, planner, slot};
    CHECK(runner.run(trace).exit == 3U);
    return trace.log;
  };
  CHECK(log(many) == "c0 c1 b1 c2 c3 b3 ");
  CHECK(log(mixed) == log(many));
}

TEST_CASE("a network of another length is refused with both numbers", "[run][elastic_runner]") {
  const std::vector<ToyBlock> three(toy.begin(), toy.begin() + 3);
  const Planner planner{times, PriorPredictor<4>{{0.5f, 0.6f, 0.7f, 0.8f}}};
  LocalSlot<Answer> slot;
  CHECK_THROWS_WITH((ElasticRunner{three, planner, slot}),
                    ContainsSubstring("blocks is 3, expected 4, one for every exit"));
}

namespace {

struct Polling {
  int tiles;
  template <class Stop>
  bool advance(VirtualTime& time, const Stop& stop) const {
    for (int tile = 0; tile < tiles; ++tile) {
      if (stop.stop_requested()) return false;
      time.advance(0.25);
    }
    return true;
  }
  Answer classify(const VirtualTime&) const { return {1, 0.5f}; }
};

/// Both parts take the stop.
struct PollingBranch : Polling {
  template <class Stop>
  std::optional<Answer> classify(const VirtualTime& time, const Stop& stop) const {
    auto& running = const_cast<VirtualTime&>(time);
    if (!advance(running, stop)) return std::nullopt;
    return Answer{1, 0.5f};
  }
};

struct Throwing {
  std::size_t index;
  void advance(int&) const {
    if (index == 1) throw std::runtime_error("the engine failed");
  }
  Answer classify(const int&) const { return {7, 0.5f}; }
};

}  // namespace

static_assert(einet::elastic_block<ToyBlock, Trace, Answer>);
static_assert(einet::elastic_block<Polling, VirtualTime, Answer>);
static_assert(einet::elastic_block<PollingBranch, VirtualTime, Answer>);
static_assert(!einet::elastic_block<ToyBlock, int, Answer>);
static_assert(!einet::elastic_block<int, int, Answer>);

TEST_CASE("a block that takes the stop leaves its conv part early", "[run][elastic_runner]") {
  const std::array<Polling, 1> network{{{8}}};
  VirtualTime time;
  LocalSlot<Answer> slot;
  const TimeProfile<1> one{{2}, {0}};
  ElasticRunner runner{network, Planner{one, PriorPredictor<1>{{0.5f}}}, slot, VirtualClock{time}};
  const auto result = runner.run(time, StopAfter{VirtualClock{time}, 0.6});
  CHECK(result.outcome == Outcome::deadline);
  CHECK_THAT(result.elapsed, WithinAbs(0.75, 1e-12));
  CHECK_THAT(result.stopped_at, WithinAbs(0.6, 1e-12));
  time.reset();
  CHECK_THAT(runner.run(time, Mute{&time, 0.6}).stopped_at, WithinAbs(0.75, 1e-12));  // it polls
}

namespace {

/// Takes a second to publish, like a slot that waits for a disk.
struct SlowSlot {
  using value_type = Answer;
  VirtualTime* time;
  LocalSlot<Answer> kept;

  void publish(const Answer& answer, std::size_t exit) noexcept {
    time->advance(1);
    kept.publish(answer, exit);
  }
  auto read() const noexcept { return kept.read(); }
  void begin_run() noexcept { kept.begin_run(); }
};

}  // namespace

TEST_CASE("the time of a slow slot counts neither as the network's nor as planning",
          "[run][elastic_runner]") {
  VirtualTime time;
  SlowSlot slot{&time, {}};
  Trace trace{&time, {0.5f, 0.6f, 0.7f, 0.8f}, ""};
  Planner planner{times,
                  PriorPredictor<4>{trace.confidences},
                  einet::Uniform{},
                  Fixed{{0, 2, 3}},
                  {},
                  einet::PlanningBudget<4>{}};
  ElasticRunner runner{toy, planner, slot, VirtualClock{time, 1e-9}};
  const auto result = runner.run(trace);
  CHECK(result.ran == ExitPlan<4>{0, 2, 3});
  CHECK(runner.planner().pace() == 1);
  CHECK(runner.planner().problem().elapsed == result.elapsed - 1e-9);  // planned from where it was
  CHECK_THAT(result.planning, WithinAbs(3, 1e-6));
  for (int run = 0; run < 100; ++run) CHECK(runner.run(trace).ran.count() == 3);
  CHECK(runner.planner().budget().seconds() < 1e-6);
}

TEST_CASE("a stop that comes during publishing is dated there", "[run][elastic_runner]") {
  for (const double moment : {1.3, 1.7, 2.2}) {
    VirtualTime time;
    SlowSlot slot{&time, {}};
    Trace trace{&time, {0.5f, 0.6f, 0.7f, 0.8f}, ""};
    ElasticRunner runner{toy, Planner{times, PriorPredictor<4>{trace.confidences}, Fixed{{0, 2}}}, slot,
                         VirtualClock{time}};
    const auto result = runner.run(trace, Mute{&time, moment});
    CHECK(trace.log == "c0 b0 ");
    CHECK(slot.read()->exit == 0);
    CHECK_THAT(result.stopped_at, WithinAbs(1.75, 1e-12));
  }
}

TEST_CASE("a stop that comes during planning after a part that polls is dated there",
          "[run][elastic_runner]") {
  const std::array<PollingBranch, 2> network{{{{1}}, {{1}}}};
  VirtualTime time;
  LocalSlot<Answer> slot;
  const Planner planner{TimeProfile<2>{{0.25, 0.25}, {0.25, 0.25}}, PriorPredictor<2>{{0.5f, 0.9f}},
                        einet::FixedPlan<2>{{0, 1}}};
  ElasticRunner runner{network, planner, slot, VirtualClock{time, 1.0}};
  const auto result = runner.run(time, Mute{&time, 0.6});
  CHECK(result.exit == 0U);
  CHECK_THAT(result.stopped_at, WithinAbs(1.0, 1e-12));
}

TEST_CASE("a branch that takes the stop leaves early, and the earlier answer stays",
          "[run][elastic_runner]") {
  const std::array<PollingBranch, 2> network{{{{1}}, {{4}}}};
  VirtualTime time;
  LocalSlot<Answer> slot;
  const TimeProfile<2> two{{0.25, 1}, {0.25, 1}};
  const Planner planner{two, PriorPredictor<2>{{0.5f, 0.9f}}, einet::FixedPlan<2>{{0, 1}}};
  ElasticRunner runner{network, planner, slot, VirtualClock{time}};
  const auto result = runner.run(time, StopAfter{VirtualClock{time}, 1.6});
  CHECK(result.exit == 0U);
  CHECK_THAT(result.elapsed, WithinAbs(1.75, 1e-12));
  CHECK(slot.read()->exit == 0);
  time.reset();
  CHECK(runner.run(time).exit == 1U);
}

TEST_CASE("an exception from a block reaches the caller, and the earlier answer stays",
          "[run][elastic_runner]") {
  const std::array<Throwing, 2> network{{{0}, {1}}};
  LocalSlot<Answer> slot;
  const TimeProfile<2> two{{1, 1}, {0, 0}};
  ElasticRunner runner{network, Planner{two, PriorPredictor<2>{{0.5f, 0.9f}}}, slot};
  int features = 0;
  CHECK_THROWS_WITH(runner.run(features), "the engine failed");
  REQUIRE(slot.read());
  CHECK(slot.read()->output == Answer{7, 0.5f});
}

namespace {

using ToyRunner =
    ElasticRunner<const std::array<ToyBlock, 4>, Planner<PriorPredictor<4>, einet::Uniform, Fixed>,
                  LocalSlot<Answer>, VirtualClock>;

}  // namespace

// Two runners over one slot would tear what it holds.
static_assert(!std::is_copy_constructible_v<ToyRunner> && !std::is_copy_assignable_v<ToyRunner>);
static_assert(std::is_move_constructible_v<ToyRunner> && std::is_move_assignable_v<ToyRunner>);
// A network that is a temporary would dangle.
using ToyPlanner = Planner<PriorPredictor<4>, einet::Uniform, Fixed>;
using ToyNetwork = const std::array<ToyBlock, 4>;
static_assert(std::is_constructible_v<ToyRunner, ToyNetwork&, ToyPlanner, LocalSlot<Answer>&, VirtualClock>);
static_assert(!std::is_constructible_v<ToyRunner, ToyNetwork, ToyPlanner, LocalSlot<Answer>&, VirtualClock>);

TEST_CASE("a moved runner runs in place of the original", "[run][elastic_runner]") {
  VirtualTime time;
  Trace trace{&time, {0.5f, 0.6f, 0.7f, 0.8f}, ""};
  LocalSlot<Answer> slot, other;
  const auto made = [&](ExitPlan<4> plan, LocalSlot<Answer>& to) {
    return ToyRunner{toy, Planner{times, PriorPredictor<4>{trace.confidences}, Fixed{plan}}, to,
                     VirtualClock{time}};
  };
  std::vector<ToyRunner> pool;
  pool.push_back(made({0, 2}, slot));
  pool.push_back(made({1}, other));  // moves the first
  CHECK(pool[0].run(trace).ran == ExitPlan<4>{0, 2});
  CHECK(slot.read()->exit == 2);
  CHECK_FALSE(other.read());
  pool[0] = std::move(pool[1]);
  CHECK(pool[0].run(trace).ran == ExitPlan<4>{1});
  CHECK(other.read()->exit == 1);
  CHECK(slot.read()->exit == 2);
}

TEST_CASE("a run takes temporary features, and a history without a stop", "[run][elastic_runner]") {
  VirtualTime time;
  LocalSlot<Answer> slot;
  ElasticRunner runner{toy, Planner{times, PriorPredictor<4>{{0.5f, 0.6f, 0.7f, 0.8f}}, Fixed{{0, 2}}}, slot,
                       VirtualClock{time}};
  const auto fresh = [&] { return Trace{&time, {0.5f, 0.6f, 0.7f, 0.8f}, ""}; };
  CHECK(runner.run(fresh()).exit == 2U);
  time.reset();
  CHECK(runner.run(fresh(), StopAfter{VirtualClock{time}, 2.0}).exit == 0U);
  einet::StopHistory fed{times.total()}, expected{times.total()};
  Trace kept = fresh();
  CHECK(runner.run(kept, fed).exit == 2U);
  CHECK(kept.log == "c0 b0 c1 c2 b2 ");
  CHECK(runner.run(fresh(), fed).exit == 2U);
  time.reset();
  CHECK(runner.run(fresh(), StopAfter{VirtualClock{time}, 2.0}, fed).exit == 0U);
  expected.observe_completion(3.5);
  expected.observe_completion(3.5);
  expected.observe(2.0);
  CHECK(fed.state() == expected.state());
}

TEST_CASE("a network of a single exit runs it", "[run][elastic_runner]") {
  const std::array<Polling, 1> network{{{2}}};
  VirtualTime time;
  LocalSlot<Answer> slot;
  ElasticRunner runner{network, Planner{TimeProfile<1>{{0.5}, {0}}, PriorPredictor<1>{{0.5f}}}, slot,
                       VirtualClock{time}};
  CHECK(runner.run(time).exit == 0U);
}

namespace {

/// Changes with every part that it runs, as a block with scratch memory does.
struct Counting {
  int parts = 0, branches = 0;
  void advance(Trace&) { ++parts; }
  Answer classify(const Trace&) { return {++branches, 0.5f}; }
};

}  // namespace

TEST_CASE("blocks may change, and be held by pointers", "[run][elastic_runner]") {
  const Planner planner{TimeProfile<2>{{1, 1}, {0, 0}}, PriorPredictor<2>{{0.5f, 0.9f}},
                        einet::FixedPlan<2>{{0, 1}}};
  Trace trace{nullptr, {}, ""};
  LocalSlot<Answer> slot;

  std::array<Counting, 2> blocks;
  ElasticRunner changing{blocks, planner, slot};
  CHECK(changing.run(trace).outcome == Outcome::completed);
  CHECK(changing.run(trace).answer == Answer{2, 0.5f});
  CHECK(blocks[1].parts == 2);

  std::vector<std::unique_ptr<Counting>> pointers;
  pointers.push_back(std::make_unique<Counting>());
  pointers.push_back(std::make_unique<Counting>());
  ElasticRunner pointing{pointers, planner, slot};
  CHECK(pointing.run(trace).outcome == Outcome::completed);
  CHECK(pointers[0]->branches == 1);
  std::tuple<Counting*, std::shared_ptr<Counting>> mixed{&blocks[0], std::make_shared<Counting>()};
  CHECK(ElasticRunner{mixed, planner, slot}.run(trace).outcome == Outcome::completed);
  CHECK(blocks[0].parts == 3);
}

namespace {

/// An output of another type than Answer.
struct Region {
  float left, right, sure;
};
[[maybe_unused]] float confidence(const Region& output) noexcept {
  return output.sure;
}

template <class Output>
struct Yields {
  Output output;
  void advance(int&) const {}
  Output classify(const int&) const { return output; }
};

/// A branch that takes the stop, and whose output is converted as well.
struct Converts {
  void advance(int&) const {}
  template <einet::pollable_stop Stop>
  std::optional<Answer> classify(const int&, const Stop&) const {
    return Answer{7, 0.4f};
  }
};

}  // namespace

TEST_CASE("exits may yield outputs of several types that convert to the slot's", "[run][elastic_runner]") {
  using Either = std::variant<Answer, Region>;
  const std::tuple network{Converts{}, Yields<Region>{{1, 2, 0.6f}}, Yields<Either>{Answer{3, 0.9f}}};
  const TimeProfile<3> even{{1, 1, 1}, {0, 0, 0}};
  LocalSlot<Either> slot;
  int features = 0;
  const auto answer_of = [&](ExitPlan<3> plan) {
    const Planner planner{even, PriorPredictor<3>{{0.4f, 0.6f, 0.9f}}, einet::FixedPlan<3>{plan}};
    ElasticRunner runner{network, planner, slot};
    const Either answer = *runner.run(features).answer;
    CHECK(runner.planner().problem().in_hand == confidence(answer));
    return answer;
  };
  CHECK(std::get<Answer>(answer_of({0})) == Answer{7, 0.4f});
  CHECK(std::get<Region>(answer_of({0, 1})).right == 2);
  CHECK(std::get<Answer>(answer_of({1, 2})) == Answer{3, 0.9f});
  CHECK(confidence(slot.read()->output) == 0.9f);
}

TEST_CASE("a run in steps is the run in one go, whatever plan and stop", "[run][elastic_runner]") {
  for (unsigned bits = 0; bits < 16; ++bits)
    for (double moment = -0.5; moment < 6; moment += 0.25) {
      ExitPlan<4> plan;
      for (std::size_t k = 0; k < 4; ++k)
        if ((bits >> k & 1U) != 0) plan.insert(k);
      CAPTURE(to_string(plan), moment);
      Run whole;
      const auto result = whole(plan, StopAfter{VirtualClock{whole.time}, moment}, 0.125);

      Run parts;
      const Planner planner{times, PriorPredictor<4>{{0.5f, 0.6f, 0.7f, 0.8f}}, Fixed{plan}};
      ElasticRunner runner{toy, planner, parts.slot, VirtualClock{parts.time, 0.125}};
      auto run = runner.start(parts.trace, StopAfter{VirtualClock{parts.time}, moment});
      std::string log;
      while (const auto done = run.step()) {
        const bool branch = done.step == einet::RunStep::published;
        log += (branch ? "b" : "c") + std::to_string(done.block) + " ";
        CHECK(run.result().ran.contains(done.block) == branch);
      }
      const auto same = run.result();
      CHECK_FALSE(run.step());
      CHECK(same.outcome == result.outcome);
      CHECK(same.answer == result.answer);
      CHECK(same.exit == result.exit);
      CHECK(same.ran == result.ran);
      CHECK(same.elapsed == result.elapsed);
      CHECK(same.stopped_at == result.stopped_at);
      CHECK(same.planning == result.planning);
      CHECK(same.paused == 0);
      CHECK(parts.trace.log == whole.trace.log);
      // A part that the stop cut off had been begun.
      CHECK(parts.trace.log.substr(0, log.size()) == log);
    }
}

TEST_CASE("time between two steps counts neither as the network's nor as planning", "[run][elastic_runner]") {
  Run run;
  const Planner planner{times,
                        PriorPredictor<4>{{0.5f, 0.6f, 0.7f, 0.8f}},
                        einet::Uniform{100},
                        Fixed{{1, 3}},
                        {},
                        einet::PlanningBudget<4>{}};
  ElasticRunner runner{toy, planner, run.slot, VirtualClock{run.time, 0.125}};
  auto going = runner.start(run.trace);
  run.time.advance(2);  // before the first step, too
  int steps = 0;
  while (going.step()) {
    ++steps;
    run.time.advance(3);
  }
  CHECK(steps == 6);
  CHECK(going.result().outcome == Outcome::completed);
  CHECK_THAT(going.result().paused, WithinAbs(20, 1e-12));
  CHECK_THAT(going.result().planning, WithinAbs(0.25, 1e-12));
  CHECK_THAT(going.result().elapsed, WithinAbs(4 + 0.5 + 0.25 + 20, 1e-12));
  CHECK(runner.planner().pace() == 1);
  CHECK_THAT(runner.planner().budget().seconds(), WithinAbs(0.125, 1e-12));
}

TEST_CASE("a stop that comes between two steps ends the run at the next", "[run][elastic_runner]") {
  Run run;
  const Planner planner{times, PriorPredictor<4>{{0.5f, 0.6f, 0.7f, 0.8f}}, Fixed{{0, 3}}};
  ElasticRunner runner{toy, planner, run.slot, VirtualClock{run.time}};
  auto going = runner.start(run.trace, StopAfter{VirtualClock{run.time}, 1.75});
  CHECK(going.step());
  CHECK(going.step());  // the first output is there at 1.25
  run.time.advance(1);
  CHECK_FALSE(going.step());
  CHECK(run.trace.log == "c0 b0 ");
  CHECK(going.result().outcome == Outcome::deadline);
  CHECK(going.result().exit == 0U);
  CHECK_THAT(going.result().stopped_at, WithinAbs(1.75, 1e-12));
  CHECK(going.result().paused == 1);
  einet::StopHistory history{10};
  learn(history, going.result());
  CHECK(history.weight() == 1);

  // After a conv part, too, whose end was polled: the branch that is due must not run any more.
  run.time.reset();
  run.trace.log.clear();
  auto late = runner.start(run.trace, StopAfter{VirtualClock{run.time}, 1.5});
  CHECK(late.step());
  run.time.advance(1);
  CHECK_FALSE(late.step());
  CHECK(run.trace.log == "c0 ");
}

#include "catch.hpp"
#include "counting_new.hpp"
#include "run/fixture.hpp"

#include <einet/einet.hpp>
#include <einet/eval/run_trace.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <random>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace {

using namespace einet;
using eval::RunTrace;
using eval::TimedSlot;
using eval::TracedWork;
using eval::TraceEvent;

const TimeProfile<4> traced_times{{1, 1, 1, 1}, {.25, .25, .25, .25}};
const std::array<test::ToyBlock, 4> traced_toy{
    {{0, &traced_times}, {1, &traced_times}, {2, &traced_times}, {3, &traced_times}}};

/// Events as a person would write them down: "conv 2 [1, 2]".
std::vector<std::string> told(const RunTrace& trace) {
  static constexpr std::array names{"run", "conv", "branch", "publish", "plan", "stop"};
  std::vector<std::string> lines;
  for (const TraceEvent& event : trace.events()) {
    const auto number = [](double seconds) {
      std::string digits = std::to_string(seconds);
      digits.erase(digits.find_last_not_of('0') + 1);
      return digits.back() == '.' ? digits.substr(0, digits.size() - 1) : digits;
    };
    lines.push_back(std::string(names[static_cast<std::size_t>(event.work)]) +
                    (event.block ? " " + std::to_string(*event.block) : "") +
                    (event.whole ? "" : " unfinished") + " [" + number(event.begin) + ", " +
                    number(event.end) + "]");
  }
  return lines;
}

/// A slot to which publishing takes time.
struct SlowSlot {
  using value_type = Answer;
  static constexpr double seconds = .0625;

  VirtualTime* time;
  LocalSlot<Answer> slot{};

  void begin_run() noexcept { slot.begin_run(); }
  void publish(const Answer& answer, std::size_t exit) noexcept {
    time->advance(seconds);
    slot.publish(answer, exit);
  }
  [[nodiscard]] std::optional<Published<Answer>> read() const noexcept { return slot.read(); }
};

struct TracedToy {
  VirtualTime time{};
  test::Trace sample{&time, {.5f, .6f, .7f, .8f}, ""};
  LocalSlot<Answer> slot{};
  TimedSlot<LocalSlot<Answer>, VirtualClock> timed{slot, VirtualClock{time}};
  RunTrace trace{4};

  template <class Stop>
  auto operator()(ExitPlan<4> plan, Stop stop, double planning) {
    const Planner planner{
        traced_times, PriorPredictor<4>{{.5f, .6f, .7f, .8f}}, FixedPlan<4>{plan}, {.follow_pace = false}};
    ElasticRunner runner{traced_toy, planner, timed, VirtualClock{time, planning}};
    return eval::run_traced(runner, sample, std::move(stop), timed, trace);
  }
};

}  // namespace

TEST_CASE("a trace tells parts, publishing and planning as the clock saw them", "[eval][trace]") {
  TracedToy toy;
  const auto result = toy({1, 2}, never_stop{}, .125);
  REQUIRE(result.answer->label == 12);
  REQUIRE(told(toy.trace) == std::vector<std::string>{"run [0, 3.75]", "plan 1 [0, 0]", "conv 0 [0, 1]",
                                                      "conv 1 [1, 2]", "branch 1 [2, 2.25]",
                                                      "publish 1 [2.25, 2.25]", "plan 2 [2.25, 2.375]",
                                                      "conv 2 [2.375, 3.375]", "branch 2 [3.375, 3.625]",
                                                      "publish 2 [3.625, 3.625]", "plan [3.625, 3.75]"});
  REQUIRE(toy.trace.outcome() == Outcome::completed);
  REQUIRE(toy.trace.events()[5].confidence == .6f);
  REQUIRE(toy.trace.events()[5].label == 11);
  for (const std::size_t plan : std::array<std::size_t, 2>{1, 6})  // FixedPlan keeps the whole plan
    for (std::size_t exit = 0; exit < 4; ++exit) {
      CAPTURE(plan, exit);
      REQUIRE(toy.trace.plans(plan, exit) == (exit == 1 || exit == 2));
    }
  REQUIRE(toy.slot.read()->exit == 2);
  REQUIRE(toy.timed.read() == toy.slot.read());
}

TEST_CASE("a trace tells when the stop came, and which part it found unfinished", "[eval][trace]") {
  TracedToy in_conv_part;
  in_conv_part({0, 3}, StopAfter{VirtualClock{in_conv_part.time}, 1.5}, 0);
  REQUIRE(told(in_conv_part.trace) ==
          std::vector<std::string>{"run [0, 2.25]", "plan 0 [0, 0]", "conv 0 [0, 1]", "branch 0 [1, 1.25]",
                                   "publish 0 [1.25, 1.25]", "plan 3 [1.25, 1.25]",
                                   "conv 1 unfinished [1.25, 2.25]", "stop [1.5, 1.5]"});
  REQUIRE(in_conv_part.trace.outcome() == Outcome::deadline);

  TracedToy in_branch;
  in_branch({1}, StopAfter{VirtualClock{in_branch.time}, 2.125}, 0);
  REQUIRE(told(in_branch.trace).back() == "stop [2.125, 2.125]");
  REQUIRE(told(in_branch.trace).end()[-2] == "branch 1 unfinished [2, 2.25]");

  // While it planned: no part was begun.
  TracedToy in_planning;
  in_planning({0, 3}, StopAfter{VirtualClock{in_planning.time}, 1.3}, .125);
  REQUIRE(told(in_planning.trace).back() == "stop [1.3, 1.3]");
  REQUIRE(told(in_planning.trace).end()[-2] == "plan 3 [1.25, 1.375]");

  std::stop_source at_once;
  at_once.request_stop();
  TracedToy unbegun;
  unbegun({0, 3}, at_once.get_token(), 0);
  REQUIRE(told(unbegun.trace) == std::vector<std::string>{"run [0, 0]", "plan 0 [0, 0]", "stop [0, 0]"});
  REQUIRE(unbegun.trace.outcome() == Outcome::stopped);
}

TEST_CASE("traced runs end as others do, and their events follow each other within the run",
          "[eval][trace]") {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> probability(0, 1);
  std::size_t plans_after_conv_parts = 0;
  for (std::size_t round = 0; round < 300; ++round) {
    CAPTURE(round);
    TimeProfile<4> times;
    for (double& seconds : times.conv) seconds = .1 + static_cast<double>(probability(random));
    for (double& seconds : times.branch) seconds = .01 + static_cast<double>(probability(random)) / 4;
    const std::array<test::ToyBlock, 4> blocks{{{0, &times}, {1, &times}, {2, &times}, {3, &times}}};
    std::array<float, 4> means{}, seen{};
    for (float& mean : means) mean = probability(random);
    for (float& each : seen) each = probability(random);
    const double moment = 1.3 * times.total() * static_cast<double>(probability(random));
    // At another pace than the profile's, it plans after conv parts, too.
    TimeProfile<4> known = times;
    if (round % 2 == 1)
      for (std::size_t k = 0; k < 4; ++k) known.conv[k] /= 2, known.branch[k] /= 2;
    const Planner planner{known, PriorPredictor<4>{means}};

    VirtualTime time;
    SlowSlot slot{&time};
    ElasticRunner plain{blocks, planner, slot, VirtualClock{time, .01}};
    test::Trace sample{&time, seen, ""};
    const auto expected = plain.run(sample, StopAfter{VirtualClock{time}, moment});

    VirtualTime again;
    SlowSlot other{&again};
    TimedSlot timed{other, VirtualClock{again}};
    ElasticRunner runner{blocks, planner, timed, VirtualClock{again, .01}};
    test::Trace same{&again, seen, ""};
    RunTrace trace(4);
    const auto result = eval::run_traced(runner, same, StopAfter{VirtualClock{again}, moment}, timed, trace);
    REQUIRE(result.answer == expected.answer);
    REQUIRE(result.exit == expected.exit);
    REQUIRE(result.ran == expected.ran);
    REQUIRE(result.outcome == expected.outcome);
    REQUIRE_THAT(result.elapsed, test::WithinAbs(expected.elapsed, 1e-9));
    REQUIRE(other.read() == slot.read());
    REQUIRE(same.log == sample.log);

    const auto events = trace.events();
    REQUIRE(events.front().work == TracedWork::run);
    REQUIRE_THAT(events.front().end - events.front().begin, test::WithinAbs(result.elapsed, 1e-9));
    TracedWork before = TracedWork::run;
    double busy = 0, reached = events.front().begin;
    std::string log;
    for (const TraceEvent& event : events.subspan(1)) {
      REQUIRE(event.end <= events.front().end);
      if (event.work == TracedWork::stop) {
        REQUIRE_THAT(event.begin, test::WithinAbs(moment, 1e-9));
        continue;
      }
      REQUIRE(event.begin >= reached - 1e-12);
      REQUIRE(event.end >= event.begin);
      reached = event.end;
      busy += event.end - event.begin;
      const double taken = event.end - event.begin;
      if (event.work == TracedWork::conv_part)
        REQUIRE_THAT(taken, test::WithinAbs(times.conv[*event.block], 1e-9));
      if (event.work == TracedWork::branch)
        REQUIRE_THAT(taken, test::WithinAbs(times.branch[*event.block], 1e-9));
      if (event.work == TracedWork::publish) REQUIRE_THAT(taken, test::WithinAbs(SlowSlot::seconds, 1e-9));
      plans_after_conv_parts += event.work == TracedWork::plan && before == TracedWork::conv_part ? 1 : 0;
      before = event.work;
      if (event.work == TracedWork::conv_part) log += "c" + std::to_string(*event.block) + " ";
      if (event.work == TracedWork::branch) log += "b" + std::to_string(*event.block) + " ";
    }
    REQUIRE(log == same.log);
    REQUIRE_THAT(busy, test::WithinAbs(result.elapsed, 1e-9));
  }
  REQUIRE(plans_after_conv_parts > 20);
}

TEST_CASE("recording a run allocates nothing", "[eval][trace]") {
  struct Quiet {
    void advance(VirtualTime& time) const noexcept { time.advance(1); }
    Answer classify(const VirtualTime&) const noexcept { return {1, .5f}; }
  };
  const std::array<Quiet, 4> blocks{};
  VirtualTime time;
  LocalSlot<Answer> slot;
  TimedSlot timed{slot, VirtualClock{time}};
  ElasticRunner runner{blocks, Planner{traced_times, PriorPredictor<4>{{.5f, .6f, .7f, .8f}}}, timed,
                       VirtualClock{time}};
  RunTrace trace(4);
  const std::size_t before = test::allocations();
  eval::run_traced(runner, time, never_stop{}, timed, trace);
  REQUIRE(test::allocations() == before);
  REQUIRE(trace.events().size() > 4);
}

TEST_CASE("a trace leaves out what does not fit", "[eval][trace]") {
  RunTrace trace(1);
  for (int k = 0; k < 100; ++k) trace.push({});
  REQUIRE(trace.events().size() == 9);
  trace.clear();
  REQUIRE(trace.events().empty());
}

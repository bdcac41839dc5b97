#include "catch.hpp"
#include "counting_new.hpp"
#include "run/fixture.hpp"

#include <einet/predict/prior_predictor.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/planner.hpp>
#include <einet/run/stop.hpp>
#include <einet/search/fixed_plan.hpp>

#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <type_traits>

using namespace einet;

namespace {

/// Asks to stop from poll number `at` on; copies count together.
struct AtPoll {
  std::size_t* polls;
  std::size_t at;
  bool stop_requested() const noexcept { return (*polls)++ >= at; }
};

struct Shy {
  bool stop_requested() const { return false; }  // may throw
};
struct Silent {
  static bool stop_requested() noexcept { return false; }
  bool stop_possible() const noexcept { return false; }  // only its value can tell
};

constexpr TimeProfile<4> toy_times{{1, 1, 1, 1}, {.25, .25, .25, .25}};
constexpr std::array<test::ToyBlock, 4> toys{
    {{0, &toy_times}, {1, &toy_times}, {2, &toy_times}, {3, &toy_times}}};

auto every_exit() {
  return Planner{toy_times, PriorPredictor<4>{{.4f, .5f, .6f, .7f}}, FixedPlan<4>{ExitPlan<4>::all()}};
}

}  // namespace

static_assert(pollable_stop<never_stop> && unstoppable<never_stop>);
static_assert(pollable_stop<std::stop_token> && !unstoppable<std::stop_token>);
static_assert(pollable_stop<StopAfter<SteadyClock>> && !unstoppable<StopAfter<SteadyClock>>);
static_assert(pollable_stop<AnyStop<std::stop_token, StopAfter<VirtualClock>>>);
static_assert(pollable_stop<AtPoll> && !pollable_stop<Shy> && !pollable_stop<int>);
static_assert(!unstoppable<Silent>);

TEST_CASE("a deadline asks after its moment, not at it, and says that time is up", "[run][stop]") {
  VirtualTime time;
  const StopAfter stop{VirtualClock{time}, 2.0};
  time.advance(2.0);
  CHECK_FALSE(stop.stop_requested());
  time.advance(1e-9);
  CHECK(stop.stop_requested());
  CHECK(stop_reason(stop) == StopReason::deadline);
}

TEST_CASE("stop_in counts from now on the steady clock", "[run][stop]") {
  using namespace std::chrono_literals;
  CHECK_FALSE(stop_in(1h).stop_requested());
  CHECK(stop_in(-1us).stop_requested());
  CHECK_FALSE(stop_in(std::chrono::hours::max()).stop_requested());
  CHECK_FALSE(
      stop_in(std::chrono::duration<double>{std::numeric_limits<double>::infinity()}).stop_requested());
  const StopAfter soon = stop_in(1ms);
  while (!soon.stop_requested()) continue;
  CHECK(soon.stop_requested());
}

TEST_CASE("a stop without its own reason is a request", "[run][stop]") {
  std::stop_source source;
  source.request_stop();
  CHECK(stop_reason(source.get_token()) == StopReason::request);
}

TEST_CASE("any of several stops ends a run, and the reason is that of the one that asks", "[run][stop]") {
  VirtualTime time;
  std::stop_source source;
  const AnyStop stop{source.get_token(), StopAfter{VirtualClock{time}, 1.0}};
  const AnyStop other{StopAfter{VirtualClock{time}, 1.0}, source.get_token()};
  CHECK_FALSE(stop.stop_requested());

  SECTION("the deadline alone") {
    time.advance(3);
    CHECK(stop.stop_requested());
    CHECK(stop_reason(stop) == StopReason::deadline);
    CHECK(stop_reason(other) == StopReason::deadline);
  }
  SECTION("the request alone") {
    source.request_stop();
    CHECK(stop.stop_requested());
    CHECK(stop_reason(stop) == StopReason::request);
    CHECK(stop_reason(other) == StopReason::request);
  }
  SECTION("both: the list decides") {
    time.advance(3);
    source.request_stop();
    CHECK(stop_reason(stop) == StopReason::request);
    CHECK(stop_reason(other) == StopReason::deadline);
  }
  SECTION("nested") {
    time.advance(3);
    const AnyStop nested{never_stop{}, stop};
    CHECK(nested.stop_requested());
    CHECK(stop_reason(nested) == StopReason::deadline);
  }
}

TEST_CASE("stops say how long ago they came, if they know", "[run][stop]") {
  VirtualTime time;
  std::stop_source source;
  const StopAfter early{VirtualClock{time}, 1.0};
  const StopAfter late{VirtualClock{time}, 2.0};
  time.advance(1.5);
  CHECK(stop_age(early) == 0.5);
  CHECK(stop_age(AnyStop{late, early, source.get_token()}) == 0.5);
  time.advance(1.5);
  CHECK(stop_age(AnyStop{late, early}) == 2.0);  // the first that came
  CHECK(stop_age(AnyStop{never_stop{}, AnyStop{late, source.get_token()}}) == 1.0);
  source.request_stop();
  CHECK_FALSE(stop_age(source.get_token()));
  CHECK_FALSE(stop_age(AnyStop{late, source.get_token()}));  // which may have come earlier
}

TEST_CASE("a stop at any poll of a run leaves the outputs that were complete before it", "[run][stop]") {
  VirtualTime time;
  LocalSlot<Answer> slot;
  std::size_t before = 0;
  bool completed = false;
  for (std::size_t at = 0; !completed && at < 100; ++at) {
    CAPTURE(at);
    std::size_t polls = 0;
    test::Trace trace{&time, {.4f, .5f, .6f, .7f}, {}};
    time.reset();
    ElasticRunner runner{toys, every_exit(), slot, VirtualClock{time}};
    const auto result = runner.run(trace, AtPoll{&polls, at});
    completed = result.outcome == Outcome::completed;
    CHECK((completed || result.outcome == Outcome::stopped));
    CHECK(polls == (completed ? at : at + 1));
    const std::size_t exits = result.ran.count();
    CHECK((exits == before || exits == before + 1));
    before = exits;
    REQUIRE(result.answer.has_value() == (exits > 0));
    const auto read = slot.read();
    REQUIRE(read.has_value() == (exits > 0));
    if (exits == 0) continue;
    const Answer truth{static_cast<std::int32_t>(9 + exits), trace.confidences[exits - 1]};
    CHECK(*result.answer == truth);
    CHECK(*result.exit == exits - 1);
    CHECK(*read == Published<Answer>{truth, exits - 1});
  }
  CHECK(completed);
  CHECK(before == 4);
}

namespace {

/// The clock jumps by an hour in the third conv part.
struct Leaping : test::ToyBlock {
  void advance(test::Trace& trace) const {
    if (index == 2) trace.time->advance(3600);
    test::ToyBlock::advance(trace);
  }
};

struct Broken : test::ToyBlock {
  void advance(test::Trace& trace) const {
    if (index == 2) throw std::runtime_error("no such tensor");
    test::ToyBlock::advance(trace);
  }
};

}  // namespace

TEST_CASE("a clock that jumps far ahead ends a run at its deadline with what it had", "[run][stop]") {
  const std::array<Leaping, 4> leaping{{{toys[0]}, {toys[1]}, {toys[2]}, {toys[3]}}};
  VirtualTime time;
  LocalSlot<Answer> slot;
  test::Trace trace{&time, {.4f, .5f, .6f, .7f}, {}};
  ElasticRunner runner{leaping, every_exit(), slot, VirtualClock{time}};
  const auto result = runner.run(trace, AnyStop{std::stop_token{}, StopAfter{VirtualClock{time}, 10.0}});
  CHECK(result.outcome == Outcome::deadline);
  REQUIRE(result.answer);
  CHECK(result.answer->label == 11);
  CHECK(slot.read()->exit == 1);
  CHECK(result.elapsed > 3600);

  // Without a deadline, the run goes on to its end.
  time.reset();
  trace.log.clear();
  const auto patient = runner.run(trace);
  CHECK(patient.outcome == Outcome::completed);
  CHECK(patient.exit == 3);
}

TEST_CASE("an exception from a block reaches the caller, and the answer before it stays readable",
          "[run][stop]") {
  const std::array<Broken, 4> broken{{{toys[0]}, {toys[1]}, {toys[2]}, {toys[3]}}};
  VirtualTime time;
  LocalSlot<Answer> slot;
  test::Trace trace{&time, {.4f, .5f, .6f, .7f}, {}};
  ElasticRunner runner{broken, every_exit(), slot, VirtualClock{time}};
  for (int run = 0; run < 2; ++run) {
    CHECK_THROWS_WITH(runner.run(trace), "no such tensor");
    REQUIRE(slot.read());
    CHECK(slot.read()->exit == 1);
    CHECK(slot.read()->output == Answer{11, .5f});
  }
}

TEST_CASE("polling several stops allocates nothing", "[run][stop][hot_path]") {
  std::stop_source source;
  const AnyStop stop{source.get_token(), stop_in(std::chrono::hours{1})};
  const std::size_t before = test::allocations();
  const AnyStop copy = stop;
  const bool asked = copy.stop_requested();
  CHECK(test::allocations() == before);
  CHECK_FALSE(asked);
}

TEST_CASE("a stop at a moment of any clock equals a stop after the time until then", "[run][stop]") {
  using namespace std::chrono_literals;
  const auto far = stop_at(std::chrono::steady_clock::now() + 1h);
  CHECK_FALSE(far.stop_requested());
  CHECK(far.age() < -3500);
  CHECK(far.age() > -3601);
  CHECK(stop_at(std::chrono::steady_clock::now() - 1ms).stop_requested());
  CHECK(stop_at(std::chrono::system_clock::now() - 2s).age() >= 1.9);
  CHECK(stop_reason(far) == StopReason::deadline);
}

#include "catch.hpp"
#include "counting_new.hpp"
#include "observations.hpp"
#include "support.hpp"

#include <einet/einet.hpp>
#include <einet/profile/pipelined_replay.hpp>
#include <einet/run/backbone.hpp>
#include <einet/run/companion_thread.hpp>
#include <einet/run/pipelined.hpp>
#include <einet/run/pipelined_planner.hpp>
#include <einet/run/pipelined_run.hpp>
#include <einet/run/pipelined_runner.hpp>
#include <einet/run/runner_parts.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

using namespace einet;
using einet::test::cases;
using einet::test::WithinAbs;

namespace {

constexpr std::size_t five = 5;

/// Maps of all parts, so that no part overwrites what a branch reads.
struct FiveMaps {
  std::array<std::uint64_t, five + 1> maps{};
  std::atomic<std::size_t> done{0};  // conv parts
  std::atomic<int> inside{0};        // parts that are at work
  std::uint64_t delays = 0;          // how long parts and branches take, in random bits
  std::size_t waits = five;          // the part that goes on until it is told to stop
  std::size_t leaves = five;         // the part that leaves of its own accord
  std::function<void(std::size_t)> on_advance = {}, on_classify = {};
};

void spin_for(std::uint64_t rounds) {
  for (std::atomic<std::uint64_t> i{0}; i < rounds; ++i) {
  }
}

std::uint64_t mixed(std::uint64_t x) {
  return (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9u + 1;
}

/// Block `index`; a part that is told to stop leaves at once.
struct SharingBlock {
  static constexpr bool concurrent_branches = true;
  std::size_t index = 0;

  template <class Stop>
  bool advance(FiveMaps& x, const Stop& stop) const {
    ++x.inside;
    if (x.on_advance) {
      try {
        x.on_advance(index);
      } catch (...) {
        --x.inside;
        throw;
      }
    }
    bool whole = x.leaves != index;
    while (x.waits == index && whole) whole = !stop.stop_requested();
    for (std::uint64_t i = 0; i < (x.delays >> (8 * index) & 15) && whole; ++i) {
      spin_for(200);
      whole = !stop.stop_requested();
    }
    if (whole) {
      x.maps[index + 1] = mixed(x.maps[index]);
      x.done = index + 1;
    }
    --x.inside;
    return whole;
  }

  Answer classify(const FiveMaps& x) const {
    if (x.on_classify) x.on_classify(index);
    spin_for(200 * (x.delays >> (8 * index + 4) & 15));
    return {static_cast<std::int32_t>(mixed(x.maps[index + 1]) >> 40),
            static_cast<float>(index + 1) / static_cast<float>(five)};
  }
};

std::array<SharingBlock, five> sharing_network() {
  return {{{0}, {1}, {2}, {3}, {4}}};
}

TimeProfile<five> even_times() {
  return {{1, 1, 1, 1, 1}, {.1, .1, .1, .1, .1}};
}
PriorPredictor<five> rising() {
  return PriorPredictor<five>{{.2f, .4f, .6f, .8f, 1.f}};
}

/// Keeps all outputs of a run.
struct KeepingSlot {
  using value_type = Answer;
  std::vector<std::pair<std::size_t, std::int32_t>> outputs{};

  void begin_run() noexcept { outputs.clear(); }
  void publish(const Answer& answer, std::size_t exit) noexcept { outputs.emplace_back(exit, answer.label); }
  [[nodiscard]] std::optional<Published<Answer>> read() const noexcept { return std::nullopt; }
};

/// Begins its job when it is told to, if ever.
class LateCompanion {
 public:
  ~LateCompanion() { join(); }
  void start(void (*job)(void*) noexcept, void* of) noexcept {
    job_ = job;
    of_ = of;
  }
  void come() {
    thread_ = std::thread([this] {
      is_here = true;
      job_(of_);
    });
  }
  void join() noexcept {
    if (thread_.joinable()) thread_.join();
  }
  std::atomic<bool> is_here{false};

 private:
  void (*job_)(void*) noexcept = nullptr;
  void* of_ = nullptr;
  std::thread thread_;
};

struct NotSharing {
  void advance(FiveMaps&) const {}
  Answer classify(const FiveMaps&) const { return {}; }
};

static_assert(concurrent_branches<const std::array<SharingBlock, 3>>);
static_assert(concurrent_branches<std::vector<SharingBlock*>>);
static_assert(concurrent_branches<std::tuple<SharingBlock, SharingBlock*>>);
static_assert(!concurrent_branches<std::array<NotSharing, 3>>);
static_assert(!concurrent_branches<std::tuple<SharingBlock, NotSharing>>);
static_assert(run_companion<CompanionThread>);
static_assert(run_companion<ReplayCompanion>);
static_assert(!run_companion<int>);
static_assert(pipelined_planner<PipelinedPlanner<PriorPredictor<3>>>);
static_assert(!pipelined_planner<Planner<PriorPredictor<3>>>);

using FivePlanner = PipelinedPlanner<PriorPredictor<five>, Uniform, FixedPlan<five>>;
using FiveNetwork = const std::array<SharingBlock, five>;
using FiveRunner = PipelinedRunner<FiveNetwork, FivePlanner, KeepingSlot, CompanionThread>;
static_assert(!std::is_copy_constructible_v<FiveRunner> && !std::is_copy_assignable_v<FiveRunner>);
static_assert(std::is_move_constructible_v<FiveRunner> && std::is_move_assignable_v<FiveRunner>);
static_assert(std::is_constructible_v<FiveRunner, FiveNetwork&, FivePlanner, KeepingSlot&, CompanionThread&>);
static_assert(!std::is_constructible_v<FiveRunner, FiveNetwork, FivePlanner, KeepingSlot&, CompanionThread&>);

using FiveTimes = TimeProfile<five>;
using FiveOutputs = ConfidenceProfile<five>;
using FiveReplay = PipelinedReplayBlock<five>;
static_assert(std::is_constructible_v<FiveReplay, FiveTimes&, FiveOutputs&, std::size_t>);
static_assert(!std::is_constructible_v<FiveReplay, FiveTimes, FiveOutputs&, std::size_t>);
static_assert(!std::is_constructible_v<FiveReplay, FiveTimes&, FiveOutputs, std::size_t>);

}  // namespace

TEST_CASE("each output beside the backbone is the same bit for bit as in turn", "[run][pipelined]") {
  const auto network = sharing_network();
  CompanionThread companion;
  KeepingSlot slot, in_turn;
  std::mt19937_64 random(1);
  for (std::size_t run = 0; run < cases(300); ++run) {
    const FixedPlan<five> plan{ExitPlan<five>::from_words({1 + random() % 31})};
    PipelinedRunner runner{network, PipelinedPlanner{even_times(), rising(), plan}, slot, companion};
    ElasticRunner reference{network, Planner{even_times(), rising(), plan}, in_turn};
    FiveMaps x, y;
    x.maps[0] = y.maps[0] = random();
    x.delays = random();
    const auto result = runner.run(x);
    const auto expected = reference.run(y);
    CHECK(slot.outputs == in_turn.outputs);
    CHECK(result.ran == expected.ran);
    REQUIRE(result.answer);
    CHECK(result.answer->label == expected.answer->label);
    CHECK(result.exit == expected.exit);
    CHECK(result.outcome == Outcome::completed);
    CHECK(x.inside == 0);
    CHECK(result.elapsed >= result.planning);
  }
}

TEST_CASE("a branch runs while the backbone goes on, and what it has passed can still be run",
          "[run][pipelined]") {
  const auto network = sharing_network();
  CompanionThread companion;
  KeepingSlot slot;
  PipelinedRunner runner{network, PipelinedPlanner{even_times(), rising(), FixedPlan<five>{{0, 1, 4}}}, slot,
                         companion};
  FiveMaps x;
  x.on_classify = [&](std::size_t exit) {
    if (exit == 0)
      while (x.done < five) std::this_thread::yield();  // in turn, this would wait for ever
  };
  CHECK(runner.run(x).ran == ExitPlan<five>{0, 1, 4});
  CHECK(slot.outputs.size() == 3);
}

TEST_CASE("a companion that comes late, or not at all, changes nothing but the time", "[run][pipelined]") {
  const auto network = sharing_network();
  KeepingSlot slot;
  for (std::size_t late = 0; late <= five; ++late) {
    CAPTURE(late);
    LateCompanion companion;
    PipelinedRunner runner{network, PipelinedPlanner{even_times(), rising(), FixedPlan<five>{{0, 1, 3}}},
                           slot, companion};
    FiveMaps x;
    std::size_t here = 0;  // parts that the caller has run
    const auto caller = std::this_thread::get_id();
    x.on_advance = [&](std::size_t part) {
      if (std::this_thread::get_id() != caller) return;
      ++here;
      if (part == late) companion.come();
      // It has been announced by the end of this part, and takes over after it.
      while (part >= late && !companion.is_here) std::this_thread::yield();
      if (part >= late) std::this_thread::sleep_for(std::chrono::milliseconds{2});
    };
    const auto result = runner.run(x);
    CHECK(result.ran == ExitPlan<five>{0, 1, 3});
    CHECK(result.outcome == Outcome::completed);
    CHECK(here == (late < 4 ? late + 1 : 4));
    CHECK(x.inside == 0);
  }
  // The same where a part that the caller runs throws.
  LateCompanion companion;
  PipelinedRunner runner{network, PipelinedPlanner{even_times(), rising(), FixedPlan<five>{{2}}}, slot,
                         companion};
  FiveMaps x;
  x.on_advance = [&](std::size_t part) {
    if (part == 1) throw std::runtime_error("broken");
  };
  CHECK_THROWS_AS(runner.run(x), std::runtime_error);
}

TEST_CASE("a stop at any moment ends both cores, and nothing is published after it", "[run][pipelined]") {
  const auto network = sharing_network();
  CompanionThread companion;
  LocalSlot<Answer> slot;
  PipelinedRunner runner{network,
                         PipelinedPlanner{even_times(), rising(), FixedPlan<five>{ExitPlan<five>::all()}},
                         slot, companion};
  std::mt19937_64 random(2);
  std::size_t stopped = 0;
  for (std::size_t run = 0; run < cases(300); ++run) {
    FiveMaps x;
    x.maps[0] = run;
    x.delays = ~std::uint64_t{0};
    std::stop_source stop;
    const std::size_t at = random() % five, where = random() % 3;
    if (where == 0)
      x.on_advance = [&](std::size_t part) {
        if (part == at) stop.request_stop();
      };
    else
      x.on_classify = [&](std::size_t exit) {
        if (exit == at) stop.request_stop();
      };
    const auto result = runner.run(x, stop.get_token());
    CHECK(x.inside == 0);
    CHECK(result.ran == ExitPlan<five>::all(result.ran.count()));
    CHECK(result.answer.has_value() == !result.ran.empty());
    if (where != 0) {
      CHECK(result.outcome == Outcome::stopped);
      CHECK(result.ran.count() == at);
      CHECK(result.stopped_at > 0);
      CHECK(result.stopped_at <= result.elapsed);
    }
    stopped += result.outcome == Outcome::stopped ? 1U : 0U;
    if (result.answer) CHECK(slot.read()->exit == *result.exit);
  }
  CHECK(stopped > cases(300) / 2);
}

TEST_CASE("a stop during the wait for a conv part is noticed at once", "[run][pipelined]") {
  const auto network = sharing_network();
  CompanionThread companion;
  LocalSlot<Answer> slot;
  PipelinedRunner runner{network, PipelinedPlanner{even_times(), rising(), FixedPlan<five>{{4}}}, slot,
                         companion};
  FiveMaps x;
  std::stop_source stop;
  x.on_advance = [&](std::size_t part) {
    if (part == 2) stop.request_stop();
  };
  const auto result = runner.run(x, stop.get_token());
  CHECK(result.outcome == Outcome::stopped);
  CHECK_FALSE(result.answer);
  CHECK(x.done < five);
  stop = {};
  stop.request_stop();
  FiveMaps y;
  CHECK(runner.run(y, stop.get_token()).outcome == Outcome::stopped);
  CHECK(y.done == 0);
  CHECK(runner.run(y, stop_in(std::chrono::seconds{-1})).outcome == Outcome::deadline);
  CHECK(runner.run(y).outcome == Outcome::completed);
}

TEST_CASE("the end of the plan ends a backbone that has run ahead", "[run][pipelined]") {
  const auto network = sharing_network();
  CompanionThread companion;
  LocalSlot<Answer> slot;
  PipelinedRunner runner{network, PipelinedPlanner{even_times(), rising(), FixedPlan<five>{{0}}}, slot,
                         companion};
  FiveMaps x;
  x.waits = 2;
  for (std::size_t run = 0; run < cases(100); ++run) {
    x.done = 0;
    CHECK(runner.run(x).ran == ExitPlan<five>{0});
    CHECK(x.inside == 0);
    CHECK(x.done <= 2);
  }
  x.on_classify = [](std::size_t) { throw std::runtime_error("broken"); };
  CHECK_THROWS_AS(runner.run(x), std::runtime_error);  // from a branch, while part 2 goes on
  CHECK(x.inside == 0);
}

TEST_CASE("a conv part that leaves of its own accord stops the run", "[run][pipelined]") {
  const auto network = sharing_network();
  CompanionThread companion;
  LocalSlot<Answer> slot;
  PipelinedRunner runner{network, PipelinedPlanner{even_times(), rising(), FixedPlan<five>{{0, 3}}}, slot,
                         companion};
  FiveMaps x;
  x.leaves = 2;
  const auto result = runner.run(x);
  CHECK(result.ran == ExitPlan<five>{0});
  CHECK(result.outcome == Outcome::stopped);
}

TEST_CASE("exceptions of either core reach the caller if the plan needs the part", "[run][pipelined]") {
  const auto network = sharing_network();
  CompanionThread companion;
  LocalSlot<Answer> slot;
  const FixedPlan<five> plan{{1, 3}};
  PipelinedRunner runner{network, PipelinedPlanner{even_times(), rising(), plan}, slot, companion};
  FiveMaps x;
  const auto throw_at = [](std::size_t at) {
    return [at](std::size_t index) {
      if (index == at) throw std::runtime_error("broken");
    };
  };
  x.on_advance = throw_at(3);
  CHECK_THROWS_AS(runner.run(x), std::runtime_error);
  CHECK(slot.read()->exit == 1);
  x.on_advance = throw_at(0);
  CHECK_THROWS_AS(runner.run(x), std::runtime_error);
  CHECK_FALSE(slot.read());
  x.on_advance = throw_at(4);
  CHECK(runner.run(x).ran == ExitPlan<five>{1, 3});
  x.on_advance = {};
  x.on_classify = throw_at(1);
  CHECK_THROWS_AS(runner.run(x), std::runtime_error);
  CHECK(x.inside == 0);
  x.on_classify = {};
  CHECK(runner.run(x).outcome == Outcome::completed);
}

TEST_CASE("a run on two cores allocates nothing", "[run][pipelined]") {
  const auto network = sharing_network();
  CompanionThread companion;
  LocalSlot<Answer> slot;
  PipelinedRunner runner{network, PipelinedPlanner{even_times(), rising()}, slot, companion,
                         MostConfidentAnswer{}};
  FiveMaps x;
  std::stop_source stop;
  const std::size_t before = test::allocations();
  const auto first = runner.run(x, stop.get_token());
  const auto second = runner.run(x, stop_in(std::chrono::seconds{100}));
  const std::size_t after = test::allocations();
  CHECK(after == before);
  CHECK(first.answer);
  CHECK(second.answer);
}

TEST_CASE("a runner for two cores takes numbers of exits known at run time, and refuses others",
          "[run][pipelined]") {
  std::vector<SharingBlock> network{{0}, {1}, {2}};
  CompanionThread companion;
  LocalSlot<Answer> slot;
  TimeProfile<up_to(8)> times(3);
  times.conv = {1, 1, 1};
  times.branch = {.1, .1, .1};
  const PriorPredictor<up_to(8)> prior{std::array{.3f, .6f, .9f}};
  PipelinedRunner runner{network, PipelinedPlanner{times, prior}, slot, companion};
  FiveMaps x;
  CHECK(runner.run(x).ran.contains(2));
  network.pop_back();
  using Runner = PipelinedRunner<std::vector<SharingBlock>, PipelinedPlanner<PriorPredictor<up_to(8)>>,
                                 LocalSlot<Answer>, CompanionThread>;
  CHECK_THROWS_AS(Runner(network, PipelinedPlanner{times, prior}, slot, companion), std::invalid_argument);
}

TEST_CASE("a run on two cores tells a history of its stop, or that nobody stopped it", "[run][pipelined]") {
  const auto network = sharing_network();
  CompanionThread companion;
  KeepingSlot slot;
  PipelinedRunner runner{network, PipelinedPlanner{even_times(), rising(), FixedPlan<five>{{0, 4}}}, slot,
                         companion};
  StopHistory fed{5.5}, expected{5.5};
  const auto tell = [&](const auto& result) { learn(expected, result); };
  FiveMaps x;
  tell(runner.run(x, fed));
  tell(runner.run(FiveMaps{}, fed));
  std::stop_source source;
  source.request_stop();
  const auto stopped = runner.run(x, source.get_token(), fed);
  CHECK(stopped.outcome == Outcome::stopped);
  tell(stopped);
  CHECK(fed.state() == expected.state());
  CHECK(fed.weight() > 0);
}

TEST_CASE("law, price and initial worth may change between runs on two cores", "[run][pipelined]") {
  const TimeProfile<five> times = even_times();
  const ConfidenceProfile<five> outputs{{{.2f, .4f, .6f, .8f, 1.f}}, {{1, 2, 3, 4, 5}}, {5}};
  const auto network = pipelined_replay(times, outputs);
  PipelinedTime time;
  ReplayCompanion companion;
  LocalSlot<Answer> slot;
  PipelinedRunner runner{network, PipelinedPlanner{times, rising(), PointMass{1.5}}, slot, companion,
                         PipelinedClock{time}};
  const auto run = [&] {
    time.reset();
    return runner.run(PipelinedSample{0, &time});
  };
  CHECK(run().ran == ExitPlan<five>{0});
  runner.set_law(PointMass{5.1});
  CHECK(run().ran == ExitPlan<five>{4});
  runner.set_price(1e9);
  CHECK(run().ran == ExitPlan<five>{0});  // the first of any worth, as there is no answer
  CHECK(runner.planner().price() == 1e9);
  runner.set_initial_worth(.9f);
  CHECK(run().outcome == Outcome::nothing_planned);
}

TEST_CASE("a backbone that is slower than profiled makes the planner plan anew while it waits",
          "[run][pipelined]") {
  // By the profile, exit 2 is ready at 3.5 s; in truth all takes twice as long, and exit 0 is the only one in
  // time.
  const TimeProfile<3> profiled{{1, 1, 1}, {.5, .5, .5}}, real{{2, 2, 2}, {1, 1, 1}};
  const ConfidenceProfile<3> outputs{{{.5f, .7f, .9f}}, {{1, 2, 3}}, {3}};
  const auto network = pipelined_replay(real, outputs);
  PipelinedTime time;
  ReplayCompanion companion;
  LocalSlot<Answer> slot;
  const PriorPredictor<3> prior{{.5f, .7f, .9f}};
  const auto ran = [&](bool follow_pace) {
    PipelinedRunner runner{network,
                           PipelinedPlanner{profiled, prior, PointMass{3.6}, {.follow_pace = follow_pace}},
                           slot, companion, PipelinedClock{time, .125}};
    time.reset();
    return runner.run(PipelinedSample{0, &time}, StopAfter{PipelinedClock{time}, 3.6});
  };
  const auto result = ran(true);
  CHECK(result.ran == ExitPlan<3>{0});
  CHECK(result.outcome != Outcome::nothing_planned);
  CHECK(result.planning >= .125);
  const auto stubborn = ran(false);
  CHECK(stubborn.outcome == Outcome::deadline);
  CHECK_FALSE(stubborn.answer);
}

#include "catch.hpp"
#include "counting_new.hpp"

#include <einet/posix/signal_stop.hpp>
#include <einet/predict/prior_predictor.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/planner.hpp>
#include <einet/run/stop_callback.hpp>
#include <einet/search/fixed_plan.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <limits>
#include <optional>
#include <stop_token>
#include <thread>
#include <type_traits>

using namespace einet;
using namespace std::chrono_literals;

namespace {

/// Counts its calls and remembers the thread of the last.
struct Told {
  std::atomic<int> calls{0};
  std::atomic<std::thread::id> by{};
  auto callback() {
    return [this] {
      by = std::this_thread::get_id();
      ++calls;
    };
  }
  void wait() const {
    while (calls == 0) std::this_thread::yield();
  }
};

/// A deadline on a clock that the test moves.
struct Flag {
  const std::atomic<bool>* raised;
  bool stop_requested() const noexcept { return raised->load(); }
};

/// A token of another library, with callbacks as in C++26.
struct Foreign {
  std::stop_token token;
  bool stop_requested() const noexcept { return token.stop_requested(); }

  template <class Call>
  struct callback_type {
    std::stop_callback<Call> inner;
    callback_type(const Foreign& stop, const Call& call) : inner(stop.token, call) {}
  };
};

struct Cancellable {
  std::atomic<bool>* cancelled;
  bool hangs;
  void advance(int&) const {
    while (hangs && !*cancelled) std::this_thread::yield();
  }
  Answer classify(const int&) const { return {3, .5f}; }
};

using OfToken = StopCallback<std::stop_token, void (*)()>;

}  // namespace

static_assert(!std::is_copy_constructible_v<OfToken> && !std::is_move_constructible_v<OfToken>);

TEST_CASE("a token calls from the thread that asks, and nothing is allocated", "[run][stop_callback]") {
  std::stop_source source;
  Told told;
  {
    const std::size_t before = test::allocations();
    const StopCallback cancel{source.get_token(), told.callback()};
    CHECK(test::allocations() == before);
    CHECK(told.calls == 0);
    source.request_stop();
    CHECK(told.calls == 1);
    CHECK(told.by.load() == std::this_thread::get_id());
  }
  CHECK(told.calls == 1);
  std::stop_source other;
  Told late;
  { const StopCallback cancel{Foreign{other.get_token()}, late.callback()}; }
  other.request_stop();
  CHECK(late.calls == 0);
  const StopCallback cancel{Foreign{other.get_token()}, late.callback()};
  CHECK(late.by.load() == std::this_thread::get_id());
}

TEST_CASE("a deadline calls after its moment", "[run][stop_callback]") {
  Told told;
  const double start = SteadyClock::now();
  const StopCallback cancel{stop_in(5ms), told.callback()};
  told.wait();
  CHECK(SteadyClock::now() >= start + 5e-3);
  CHECK(told.by.load() != std::this_thread::get_id());
  Told never;
  {
    const StopCallback patient{stop_in(std::chrono::hours::max()), never.callback()};
    const StopCallback endless{
        stop_in(std::chrono::duration<double>{std::numeric_limits<double>::infinity()}), never.callback()};
  }
  CHECK(never.calls == 0);
}

TEST_CASE("a signal calls from a thread, not from its handler", "[run][stop_callback]") {
  const SignalStop signal{SIGUSR1};
  Told told;
  const StopCallback cancel{signal.token(), told.callback()};
  CHECK(told.calls == 0);
  raise(SIGUSR1);
  told.wait();
  CHECK(told.by.load() != std::this_thread::get_id());
  raise(SIGUSR1);
  CHECK(told.calls == 1);
}

TEST_CASE("the first of several stops calls, and only once", "[run][stop_callback]") {
  std::stop_source source;
  std::atomic<bool> raised{false};
  Told told;
  const AnyStop stop{source.get_token(), AnyStop{never_stop{}, Flag{&raised}}, stop_in(1h)};
  const bool by_token = GENERATE(true, false);
  {
    // The token calls by itself: if only the hourly polls saw it, the test would not end. Which thread calls
    // is open, because the one that polls may see the request before the token's own call.
    const StopCallback cancel{stop, told.callback(), by_token ? std::chrono::milliseconds(1h) : 1ms};
    CHECK(told.calls == 0);
    if (by_token) {
      source.request_stop();
      told.wait();
      CHECK(told.calls == 1);
      raised = true;
    } else {
      raised = true;
      told.wait();
      CHECK(told.by.load() != std::this_thread::get_id());
      source.request_stop();
    }
  }
  CHECK(told.calls == 1);
}

TEST_CASE("a stop that already asks calls from the constructor, one that never asks not at all",
          "[run][stop_callback]") {
  std::stop_source source;
  source.request_stop();
  std::atomic<bool> raised{true};
  const auto calls = [](const auto& stop) {
    Told told;
    const StopCallback cancel{stop, told.callback()};
    if (told.calls > 0) CHECK(told.by.load() == std::this_thread::get_id());
    return told.calls.load();
  };
  CHECK(calls(source.get_token()) == 1);
  CHECK(calls(Flag{&raised}) == 1);
  CHECK(calls(stop_in(-1ms)) == 1);
  CHECK(calls(AnyStop{source.get_token(), Flag{&raised}, stop_in(-1ms)}) == 1);
  CHECK(calls(never_stop{}) == 0);
  CHECK(calls(std::stop_token{}) == 0);
}

TEST_CASE("the destructor waits for a call in progress, unless it comes from that call",
          "[run][stop_callback]") {
  std::atomic<bool> raised{false}, entered{false}, left{false};
  {
    const StopCallback cancel{Flag{&raised}, [&] {
                                entered = true;
                                std::this_thread::sleep_for(5ms);
                                left = true;
                              }};
    raised = true;
    while (!entered) std::this_thread::yield();
  }
  CHECK(left);

  raised = false;
  static std::optional<StopCallback<Flag, void (*)()>> of_itself;
  static std::atomic<bool> ended{false};
  of_itself.emplace(
      Flag{&raised}, +[] {
        of_itself.reset();
        ended = true;
      });
  raised = true;
  while (!ended) std::this_thread::yield();
  CHECK_FALSE(of_itself);
}

TEST_CASE("many callbacks come and go while the stop comes", "[run][stop_callback]") {
  for (int i = 0; i < 200; ++i) {
    std::stop_source source;
    std::atomic<bool> raised{false};
    std::atomic<int> calls{0};
    std::thread asks([&] {
      raised = true;
      source.request_stop();
    });
    {
      const StopCallback cancel{AnyStop{source.get_token(), Flag{&raised}}, [&] { ++calls; }, 10us};
    }
    asks.join();
    CHECK(calls <= 1);
  }
}

TEST_CASE("a run over an engine that must be cancelled by a call ends at its deadline",
          "[run][stop_callback]") {
  std::atomic<bool> cancelled{false};
  const std::array<Cancellable, 2> network{{{&cancelled, false}, {&cancelled, true}}};
  LocalSlot<Answer> slot;
  ElasticRunner runner{
      network, Planner{TimeProfile<2>{{1, 1}, {1, 1}}, PriorPredictor<2>{{.5f, .9f}}, FixedPlan<2>{{0, 1}}},
      slot};
  const AnyStop stop{std::stop_token{}, stop_in(10ms)};
  const StopCallback cancel{stop, [&] { cancelled = true; }};
  int features = 0;
  const auto result = runner.run(features, stop);
  CHECK(result.outcome == Outcome::deadline);
  CHECK((!result.exit || *result.exit == 0U));  // none if the deadline came before the first
}

TEST_CASE("looking never, or for ever, is refused", "[run][stop_callback]") {
  std::atomic<bool> raised{false};
  for (const double bad : {0., -1., std::numeric_limits<double>::infinity(), std::nan("")})
    CHECK_THROWS_WITH((StopCallback{Flag{&raised}, [] {}, std::chrono::duration<double>{bad}}),
                      test::ContainsSubstring("StopCallback: every is"));
}

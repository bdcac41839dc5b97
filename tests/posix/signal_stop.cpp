#include "catch.hpp"
#include "counting_new.hpp"

#include <einet/posix/signal_stop.hpp>
#include <einet/predict/prior_predictor.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/planner.hpp>
#include <einet/search/fixed_plan.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>
#include <unistd.h>

using namespace einet;

static_assert(pollable_stop<SignalStop<1>::Token> && pollable_stop<SignalStop<3>::Token>);
static_assert(!std::is_copy_constructible_v<SignalStop<2>>);

namespace {

std::atomic<int> seen_by_former{0};
extern "C" void former_handler(int signal) {
  seen_by_former.store(signal);
}

/// Installs the test's own handler while it lives.
struct OwnHandler {
  int signal;
  struct sigaction before {};
  explicit OwnHandler(int number) : signal(number) {
    struct sigaction action {};
    action.sa_handler = former_handler;
    sigaction(signal, &action, &before);
    seen_by_former = 0;
  }
  ~OwnHandler() { sigaction(signal, &before, nullptr); }
};

/// What happens on `signal` now.
auto handler_of(int signal) {
  struct sigaction present {};
  sigaction(signal, nullptr, &present);
  return present.sa_handler;
}

}  // namespace

TEST_CASE("a watched signal asks to stop, an unwatched one does not", "[run][signal_stop]") {
  const OwnHandler own{SIGUSR2};
  const SignalStop stop{SIGTERM, SIGUSR1};
  const auto token = stop.token();
  CHECK_FALSE(token.stop_requested());
  CHECK(token.signal() == 0);
  raise(SIGUSR2);
  CHECK_FALSE(token.stop_requested());
  raise(SIGUSR1);
  CHECK(token.stop_requested());
  CHECK(token.signal() == SIGUSR1);
  CHECK(stop_reason(token) == StopReason::request);
  raise(SIGTERM);
  CHECK(token.signal() == SIGTERM);  // the first in the list
  CHECK(stop.token().stop_requested());
}

TEST_CASE("a signal sent by kill() to the process, or to a thread, is seen by all", "[run][signal_stop]") {
  SignalStop stop{SIGUSR1};
  const auto token = stop.token();
  // The thread lives on until the handler has run: the thread sanitizer puts signals off to the next call
  // that may block, and forgets those of a thread that has ended.
  const auto in_a_thread = [&](auto send) {
    std::thread([&] {
      send();
      while (!token.stop_requested()) std::this_thread::sleep_for(std::chrono::microseconds(100));
    }).join();
  };
  SECTION("from another thread, to the process") {
    in_a_thread([] { kill(getpid(), SIGUSR1); });
  }
  SECTION("to another thread alone") {
    in_a_thread([] { pthread_kill(pthread_self(), SIGUSR1); });
  }
  CHECK(token.signal() == SIGUSR1);
}

TEST_CASE("a signal knows when it came, until it comes again", "[run][signal_stop]") {
  SignalStop stop{SIGUSR1, SIGUSR2};
  auto token = stop.token();
  const double before = SteadyClock::now();
  raise(SIGUSR2);
  const double after = SteadyClock::now();
  while (SteadyClock::now() < after + 1e-3) continue;
  const double age = stop_age(token).value_or(-1);
  const double asked = SteadyClock::now();
  CHECK(age >= 1e-3);
  CHECK(age <= asked - before);
  raise(SIGUSR1);  // the first of several counts
  CHECK(stop_age(token).value_or(-1) >= age);
  raise(SIGUSR2);
  CHECK_FALSE(stop_age(token));  // the first is forgotten
  CHECK(token.stop_requested());
  stop.rearm();
  raise(SIGUSR2);
  CHECK(stop_age(stop.token()).value_or(1) < SteadyClock::now() - asked);
}

TEST_CASE("a new arming waits for the next signal, and earlier tokens stay stopped", "[run][signal_stop]") {
  SignalStop stop{SIGUSR1};
  raise(SIGUSR1);
  const auto first = stop.token();
  stop.rearm();
  const auto second = stop.token();
  CHECK(first.stop_requested());
  CHECK_FALSE(second.stop_requested());
  raise(SIGUSR1);
  CHECK(first.stop_requested());
  CHECK(second.stop_requested());
}

TEST_CASE("the previous handlers come back, whatever the order of destruction", "[run][signal_stop]") {
  const OwnHandler own{SIGUSR1};
  const auto of_the_test_runner = handler_of(SIGTERM);
  auto one = std::make_unique<SignalStop<2>>(SIGUSR1, SIGTERM);
  auto two = std::make_unique<SignalStop<1>>(SIGUSR1);
  const auto token_one = one->token();
  const auto token_two = two->token();
  raise(SIGUSR1);
  CHECK(seen_by_former == 0);
  CHECK(token_one.stop_requested());
  CHECK(token_two.stop_requested());

  const bool in_order = GENERATE(false, true);
  if (in_order) {
    two.reset();
    CHECK(handler_of(SIGUSR1) != former_handler);
    one.reset();
  } else {
    one.reset();
    CHECK(handler_of(SIGTERM) == of_the_test_runner);
    CHECK(handler_of(SIGUSR1) != former_handler);
    two->rearm();
    raise(SIGUSR1);
    CHECK(two->token().stop_requested());
    two.reset();
  }
  CHECK(handler_of(SIGUSR1) == former_handler);
  CHECK(handler_of(SIGTERM) == of_the_test_runner);
  CHECK(token_one.stop_requested());  // tokens outlive it
  raise(SIGUSR1);
  CHECK(seen_by_former == SIGUSR1);
}

TEST_CASE("an ignored signal is watched and then ignored again", "[run][signal_stop]") {
  const auto before = std::signal(SIGUSR1, SIG_IGN);
  {
    const SignalStop stop{SIGUSR1};
    raise(SIGUSR1);
    CHECK(stop.token().stop_requested());
  }
  raise(SIGUSR1);
  CHECK(handler_of(SIGUSR1) == SIG_IGN);
  std::signal(SIGUSR1, before);
}

TEST_CASE("a handler installed meanwhile stays", "[run][signal_stop]") {
  const auto before = handler_of(SIGUSR1);
  {
    const SignalStop stop{SIGUSR1};
    std::signal(SIGUSR1, former_handler);
  }
  CHECK(handler_of(SIGUSR1) == former_handler);
  std::signal(SIGUSR1, before);
}

TEST_CASE("a signal that cannot be watched is named, and the others are as before", "[run][signal_stop]") {
  const auto of_the_test_runner = handler_of(SIGTERM);
  for (const int bad : {0, -3, NSIG, 100000, SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH((SignalStop{SIGUSR1, bad, SIGTERM}),
                      test::ContainsSubstring("signal is " + std::to_string(bad) + ", expected"));
    CHECK(handler_of(SIGUSR1) == SIG_DFL);
    CHECK(handler_of(SIGTERM) == of_the_test_runner);
  }
  CHECK_THROWS_AS((SignalStop{SIGKILL}), std::exception);
}

TEST_CASE("a waiting system call is resumed after the signal", "[run][signal_stop]") {
  const SignalStop stop{SIGUSR1};
  const auto token = stop.token();
  std::array<int, 2> ends;
  REQUIRE(pipe(ends.data()) == 0);
  std::atomic<bool> reading{false};
  char got = 0;
  ssize_t count = 0;
  std::thread reader([&] {
    reading = true;
    count = read(ends[0], &got, 1);
  });
  while (!reading) std::this_thread::yield();
  pthread_kill(reader.native_handle(), SIGUSR1);
  // Not for ever: the thread sanitizer holds the signal back until read() returns.
  for (int ms = 0; ms < 50 && !token.stop_requested(); ++ms)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  REQUIRE(write(ends[1], "x", 1) == 1);
  reader.join();
  CHECK(token.stop_requested());
  CHECK(count == 1);
  CHECK(got == 'x');
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("scopes in many threads at once leave the previous handler installed", "[run][signal_stop]") {
  const OwnHandler own{SIGUSR1};
  std::vector<std::thread> threads;
  std::atomic<int> unseen{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const SignalStop stop{SIGUSR1, SIGUSR2};
        raise(SIGUSR1);
        if (!stop.token().stop_requested()) ++unseen;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(unseen == 0);
  CHECK(seen_by_former == 0);
  CHECK(handler_of(SIGUSR1) == former_handler);
}

TEST_CASE("polling and copying a token allocate nothing", "[run][signal_stop][hot_path]") {
  const SignalStop stop{SIGTERM, SIGUSR1};
  const std::size_t before = test::allocations();
  const auto token = stop.token();
  raise(SIGUSR1);
  const bool asked = token.stop_requested();
  CHECK(test::allocations() == before);
  CHECK(asked);
}

namespace {

/// Block `index` of three. In the branch of the middle one, `send` raises the signal.
template <class Send>
struct Interrupted {
  std::size_t index;
  Send send;
  void advance(int& reached) const noexcept { reached = static_cast<int>(index); }
  Answer classify(const int&) const noexcept {
    if (index == 1) send();
    return {static_cast<std::int32_t>(index), .5f};
  }
};

template <class Send>
void check_interrupted_by(const SignalStop<2>& stop, const Send& send) {
  const std::array<Interrupted<Send>, 3> blocks{{{0, send}, {1, send}, {2, send}}};
  LocalSlot<Answer> slot;
  ElasticRunner runner{blocks,
                       Planner{TimeProfile<3>{{1, 1, 1}, {1, 1, 1}}, PriorPredictor<3>{{.5f, .6f, .7f}},
                               FixedPlan<3>{ExitPlan<3>::all()}},
                       slot};
  int reached = -1;
  const auto result = runner.run(reached, stop.token());
  CHECK(result.outcome == Outcome::stopped);
  CHECK(result.exit == 0);
  CHECK(slot.read()->exit == 0);
  CHECK(reached == 1);
}

}  // namespace

TEST_CASE("a signal during a run ends it with the answer before", "[run][signal_stop]") {
  const SignalStop stop{SIGTERM, SIGUSR1};
  const auto token = stop.token();
  SECTION("from the thread that runs") {
    check_interrupted_by(stop, [] { raise(SIGTERM); });
  }
  SECTION("from another thread, to the process") {
    std::atomic<bool> due{false};
    std::thread sender([&] {
      while (!due) std::this_thread::yield();
      kill(getpid(), SIGUSR1);
    });
    check_interrupted_by(stop, [&due, token] {
      due = true;
      while (!token.stop_requested()) std::this_thread::yield();
    });
    sender.join();
  }
}

#include "catch.hpp"

#include <einet/run/clock.hpp>
#include <einet/run/stop.hpp>

#include <thread>

static_assert(einet::run_clock<einet::SteadyClock>);
static_assert(einet::run_clock<einet::VirtualClock>);
static_assert(!einet::run_clock<int>);
static_assert(einet::seconds_since_reset<einet::Stopwatch<>> && einet::seconds_since_reset<double (*)()>);
static_assert(!einet::seconds_since_reset<double> && !einet::seconds_since_reset<einet::SteadyClock>);
static_assert(einet::pollable_stop<std::stop_token>);
static_assert(einet::pollable_stop<einet::never_stop>);
static_assert(einet::pollable_stop<einet::StopAfter<einet::SteadyClock>>);
static_assert(!einet::pollable_stop<bool>);
static_assert(!einet::never_stop::stop_requested());

TEST_CASE("virtual time moves only when work moves it", "[run][clock]") {
  einet::VirtualTime time;
  const einet::VirtualClock clock{time, 0.5};
  CHECK(clock.now() == 0);
  time.advance(2);
  clock.charge_planning();
  CHECK(clock.now() == 2.5);
  CHECK(einet::StopAfter{clock, 2.25}.stop_requested());
  CHECK_FALSE(einet::StopAfter{clock, 2.5}.stop_requested());
  time.reset();
  CHECK(clock.now() == 0);
}

TEST_CASE("the steady clock never falls", "[run][clock]") {
  const double before = einet::SteadyClock::now();
  CHECK(einet::SteadyClock::now() >= before);
}

TEST_CASE("a stopwatch shows the seconds since it was started", "[run][clock]") {
  einet::VirtualTime time;
  time.advance(7);
  einet::Stopwatch elapsed{einet::VirtualClock{time}};
  CHECK(elapsed() == 0);
  time.advance(2.5);
  CHECK(elapsed() == 2.5);
  elapsed.restart();
  CHECK(elapsed() == 0);
  const einet::Stopwatch real;
  CHECK(real() >= 0);
}

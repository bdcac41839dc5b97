#include "catch.hpp"

#include <einet/einet.hpp>
#include <einet/eval/interrupter.hpp>

#include <atomic>
#include <limits>
#include <stdexcept>
#include <thread>
#include <type_traits>

using namespace einet;

// They would dangle.
static_assert(!std::is_constructible_v<eval::FlagStop, std::atomic<bool>>);
static_assert(!std::is_constructible_v<eval::Interrupter<LocalSlot<Answer>>, LocalSlot<Answer>>);

TEST_CASE("the interrupter takes the answer in hand at the moment, and then raises the stop",
          "[eval][interrupter]") {
  LocalSlot<Answer> slot;
  eval::Interrupter interrupter{slot};
  for (int round = 0; round < 20; ++round) {
    slot.begin_run();
    const auto taken = interrupter.interrupt(2e-3, [&](const auto& stop) {
      slot.publish({round, 0.5f}, 1);
      while (!stop.stop_requested()) std::this_thread::yield();
      slot.publish({99, 0.5f}, 2);  // too late
    });
    REQUIRE(taken.in_hand);
    CHECK(taken.in_hand->output.label == round);
    CHECK(taken.in_hand->exit == 1);
    CHECK(taken.moment >= 2e-3);
  }
}

TEST_CASE("a run that ends before the moment keeps its answer, one without output has none",
          "[eval][interrupter]") {
  LocalSlot<Answer> slot;
  eval::Interrupter interrupter{slot};
  const auto ended = interrupter.interrupt(1e-3, [&](const auto&) { slot.publish({5, 0.5f}, 0); });
  REQUIRE(ended.in_hand);
  CHECK(ended.in_hand->output.label == 5);
  slot.begin_run();
  CHECK_FALSE(interrupter.interrupt(0, [](const auto&) {}).in_hand);
}

TEST_CASE("an exception from a run reaches the caller before the moment, and the interrupter works again",
          "[eval][interrupter]") {
  LocalSlot<Answer> slot;
  eval::Interrupter interrupter{slot};
  for (int round = 0; round < 20; ++round) {
    CHECK_THROWS_WITH(
        interrupter.interrupt(86400, [](const auto&) { throw std::runtime_error("a block's"); }),
        "a block's");
    const auto taken = interrupter.interrupt(0, [&](const auto& stop) {
      while (!stop.stop_requested()) std::this_thread::yield();
    });
    CHECK(taken.moment >= 0);
  }
}

TEST_CASE("an exception after the moment reaches the caller too", "[eval][interrupter]") {
  LocalSlot<Answer> slot;
  eval::Interrupter interrupter{slot};
  for (int round = 0; round < 20; ++round)
    CHECK_THROWS_AS(interrupter.interrupt(0,
                                          [&](const auto& stop) {
                                            while (!stop.stop_requested()) std::this_thread::yield();
                                            throw std::runtime_error("too late");
                                          }),
                    std::runtime_error);
}

TEST_CASE("an interrupter may be destroyed by the exception of its run", "[eval][interrupter]") {
  LocalSlot<Answer> slot;
  const auto run = [&] {
    eval::Interrupter interrupter{slot};
    interrupter.interrupt(86400, [](const auto&) { throw std::runtime_error("gone"); });
  };
  CHECK_THROWS_WITH(run(), "gone");
  { const eval::Interrupter unused{slot}; }  // no run ever starts
}

TEST_CASE("the interrupter refuses a run within a run and moments that never come", "[eval][interrupter]") {
  LocalSlot<Answer> slot;
  eval::Interrupter interrupter{slot};
  const auto nothing = [](const auto&) {};
  CHECK_THROWS_WITH(interrupter.interrupt(86400, [&](const auto&) { interrupter.interrupt(0, nothing); }),
                    "Interrupter: a run is on, expected one at a time");
  CHECK_THROWS_WITH(interrupter.interrupt(std::numeric_limits<double>::infinity(), nothing),
                    "Interrupter: after is inf, expected finite seconds >= 0");
  CHECK_THROWS_WITH(interrupter.interrupt(std::numeric_limits<double>::quiet_NaN(), nothing),
                    "Interrupter: after is nan, expected finite seconds >= 0");
  CHECK_THROWS_WITH(interrupter.interrupt(-1, nothing),
                    "Interrupter: after is -1, expected finite seconds >= 0");
  CHECK_NOTHROW(interrupter.interrupt(0, nothing));
}

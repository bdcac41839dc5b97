#include "catch.hpp"

#include <einet/einet.hpp>
#include <einet/eval/interrupter.hpp>

#include <thread>

using namespace einet;

TEST_CASE("the interrupter takes what is in hand at the moment, and then raises the stop",
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

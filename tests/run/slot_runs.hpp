#pragma once
// What every kind of slot holds from one run to the next, for the tests of each.

#include "catch.hpp"
#include "posix/slot_outputs.hpp"

#include <cstdint>
#include <utility>

namespace einet::test {

/// @param slot a fresh one of HundredScores with BetweenRuns::forget
/// @param seen returns what a reader finds: an optional or plain SlotSnapshot
template <class Slot, class Seen>
void forgets_between_runs(Slot& slot, Seen seen) {
  CHECK(seen().run == 0);
  CHECK_FALSE(slot.read());
  for (std::uint64_t run = 1; run <= 3; ++run) {
    slot.begin_run();
    CHECK_FALSE(slot.read());
    CHECK_FALSE(seen().newest);
    CHECK(seen().run == run);
    slot.publish(scores_of(run, 1), 3);
    CHECK(slot.read() == Published<HundredScores>{scores_of(run, 1), 3});
    CHECK(seen().answer_run == run);
  }
}

/// @param slot a fresh one of HundredScores with BetweenRuns::keep
template <class Slot, class Seen>
void keeps_between_runs(Slot& slot, Seen seen) {
  slot.begin_run();
  CHECK(seen().run == 1);
  CHECK_FALSE(slot.read());
  slot.publish(scores_of(1, 1), 0);
  slot.publish(scores_of(1, 2), 4);
  std::uint64_t sequence = seen().sequence;
  const auto rose = [&] { return std::exchange(sequence, seen().sequence) < sequence; };
  for (std::uint64_t run = 2; run <= 3; ++run) {  // two runs without an output
    slot.begin_run();
    CHECK(rose());
    CHECK(slot.read() == Published<HundredScores>{scores_of(1, 2), 4});
    CHECK(seen().newest == slot.read());
    CHECK(seen().run == run);
    CHECK(seen().answer_run == 1);
  }
  slot.publish(scores_of(3, 1), 2);
  CHECK(rose());
  CHECK(slot.read() == Published<HundredScores>{scores_of(3, 1), 2});
  CHECK(seen().run == 3);
  CHECK(seen().answer_run == 3);
}

}  // namespace einet::test

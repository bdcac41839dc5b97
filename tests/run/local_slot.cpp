#include "catch.hpp"
#include "run/slot_outputs.hpp"
#include "support.hpp"

#include <einet/run/answer.hpp>
#include <einet/run/local_slot.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

using einet::Answer;
using einet::LocalSlot;
using einet::test::Wide;
using einet::test::wide;

static_assert(einet::result_slot<LocalSlot<Answer>>);
static_assert(einet::result_slot<LocalSlot<einet::Scores<100>>>);
static_assert(!einet::result_slot<int>);

TEST_CASE("a slot holds nothing, then the newest output, then nothing again", "[run][local_slot]") {
  LocalSlot<Wide> slot;
  CHECK_FALSE(slot.read());
  slot.publish(wide(1), 0);
  slot.publish(wide(2), 4);
  REQUIRE(slot.read());
  CHECK(slot.read()->output == wide(2));
  CHECK(slot.read()->exit == 4);
  slot.begin_run();
  CHECK_FALSE(slot.read());
}

TEST_CASE("stress: readers never see a torn or an older output while the writer writes",
          "[run][local_slot][stress]") {
  LocalSlot<Wide> slot;
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> torn{0};
  std::atomic<std::uint64_t> backwards{0};
  std::vector<std::jthread> readers;
  for (int reader = 0; reader < 4; ++reader)
    readers.emplace_back([&] {
      std::uint32_t newest = 0;
      std::uint64_t seen_torn = 0, seen_backwards = 0;
      while (!done.load()) {
        const auto seen = slot.read();
        if (!seen) continue;
        const std::uint32_t value = (seen->output.words[0]) / 31;
        if (seen->output != wide(value) || seen->exit != value) ++seen_torn;
        if (value < newest) ++seen_backwards;
        newest = value;
      }
      torn.fetch_add(seen_torn);
      backwards.fetch_add(seen_backwards);
    });
  const auto writes = static_cast<std::uint32_t>(einet::test::stress_cases(100000000));
  for (std::uint32_t value = 1; value <= writes; ++value) slot.publish(wide(value), value);
  done.store(true);
  readers.clear();
  CHECK(torn.load() == 0);
  CHECK(backwards.load() == 0);
  CHECK(slot.read()->output == wide(writes));
}

#include "catch.hpp"
#include "counting_new.hpp"
#include "posix/slot_outputs.hpp"
#include "posix/slot_writer.hpp"
#include "run/slot_runs.hpp"
#include "support.hpp"

#include <einet/posix/shared_slot.hpp>
#include <einet/posix/slot_mapping.hpp>
#include <einet/posix/slot_options.hpp>
#include <einet/posix/slot_place.hpp>
#include <einet/posix/stored_records.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using einet::Answer;
using einet::SharedSlot;
using einet::SharedSlotReader;
using einet::test::HundredScores;
using einet::test::scores_of;

static_assert(einet::result_slot<SharedSlot<Answer>>);
static_assert(noexcept(std::declval<const SharedSlotReader<Answer>&>().read()));
static_assert(!std::is_copy_constructible_v<SharedSlot<Answer>>);

namespace {

/// A name for shm_open that only this process uses, and that is free again at the end.
struct MemoryName {
  std::string name = "/einet-test-" + std::to_string(getpid());
  MemoryName() { SharedSlot<Answer>::remove_from_memory(name); }
  MemoryName(const MemoryName&) = delete;
  MemoryName& operator=(const MemoryName&) = delete;
  ~MemoryName() { SharedSlot<Answer>::remove_from_memory(name); }
};

/// What one reader has seen of a slot whose outputs are scores_of(run, number); the numbers of a run count
/// from 1, and the exit is number % 40.
class Watch {
 public:
  std::size_t reads = 0, torn = 0, lost = 0;

  /// @param finished the last that the writer had published before `seen` was read
  void check(const std::optional<einet::SlotSnapshot<HundredScores>>& seen, einet::test::Progress finished) {
    ++reads;
    if (!seen) {
      ++torn;
      return;
    }
    einet::test::Progress found{seen->run, 0};
    if (seen->newest) {
      found.number = static_cast<std::uint64_t>(seen->newest->output.label);
      if (seen->newest->output != scores_of(seen->run, found.number) ||
          seen->newest->exit != found.number % 40 || found.number == 0)
        ++torn;
    }
    if (found < finished || found < newest_) ++lost;
    newest_ = found;
  }

 private:
  einet::test::Progress newest_;
};

bool stopped_half_way(const std::string& name) {
  const int memory = shm_open(name.c_str(), O_RDONLY, 0);
  const auto layout = einet::detail::slot_layout<HundredScores>(einet::detail::cache_line);
  std::array<std::uint64_t, 2> sequences{};
  for (std::size_t k = 0; k < 2; ++k)
    REQUIRE(pread(memory, &sequences[k], 8, static_cast<off_t>(layout.record(k))) == 8);
  close(memory);
  return sequences[0] % 2 != 0 || sequences[1] % 2 != 0;
}

void busy_wait(std::chrono::microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

}  // namespace

TEST_CASE("a reader in another process finds nothing, then the newest output, then the next run",
          "[run][shared_slot]") {
  const MemoryName memory;
  const auto folder = einet::test::scratch_folder("shared-slot");
  const bool in_file = GENERATE(false, true);
  const auto write = [&] {
    return in_file ? SharedSlot<HundredScores>::in_file(folder / "slot")
                   : SharedSlot<HundredScores>::in_memory(memory.name);
  };
  const auto open = [&] {
    return in_file ? SharedSlotReader<HundredScores>::in_file(folder / "slot")
                   : SharedSlotReader<HundredScores>::in_memory(memory.name);
  };
  {
    auto slot = write();
    const auto reader = open();
    CHECK_FALSE(reader.read());
    CHECK(reader.snapshot()->run == 0);
    slot.begin_run();
    CHECK(reader.snapshot()->run == 1);
    slot.publish(scores_of(1, 1), 0);
    slot.publish(scores_of(1, 2), 4);
    CHECK(reader.read() == einet::Published<HundredScores>{scores_of(1, 2), 4});
    CHECK(slot.read() == reader.read());
    slot.begin_run();
    CHECK_FALSE(reader.read());
    CHECK(reader.snapshot()->run == 2);
    slot.publish(scores_of(2, 1), 7);
  }
  const auto reader = open();
  CHECK(reader.snapshot() == einet::SlotSnapshot<HundredScores>{2, 12, {{scores_of(2, 1), 7}}, 2});
  {
    auto next = write();
    CHECK(reader.read()->output == scores_of(2, 1));
    const bool begin_first = GENERATE(false, true);
    if (begin_first) next.begin_run();
    next.publish(scores_of(3, 1), 3);
    CHECK(reader.snapshot()->run == 3);
    CHECK(reader.read()->output == scores_of(3, 1));
    if (in_file)
      std::filesystem::remove(folder / "slot");
    else
      SharedSlot<HundredScores>::remove_from_memory(memory.name);
    next.publish(scores_of(3, 2), 5);
  }
  CHECK(reader.read()->output == scores_of(3, 2));
  std::filesystem::remove_all(folder);
}

TEST_CASE("a shared slot counts its runs, and forgets or keeps the last answer between them",
          "[run][shared_slot]") {
  const auto folder = einet::test::scratch_folder("shared-slot-runs");
  {
    auto slot = SharedSlot<HundredScores>::in_file(folder / "forgets");
    const auto reader = SharedSlotReader<HundredScores>::in_file(folder / "forgets");
    einet::test::forgets_between_runs(slot, [&] { return reader.snapshot().value(); });
  }
  const einet::SlotOptions keep{.between_runs = einet::BetweenRuns::keep};
  {
    auto slot = SharedSlot<HundredScores>::in_file(folder / "keeps", keep);
    const auto reader = SharedSlotReader<HundredScores>::in_file(folder / "keeps");
    einet::test::keeps_between_runs(slot, [&] { return reader.snapshot().value(); });
  }
  auto next = SharedSlot<HundredScores>::in_file(folder / "keeps", keep);
  next.begin_run();  // another writer's run keeps it too
  const auto held = einet::read_slot_file<HundredScores>(folder / "keeps");
  CHECK(held->newest == einet::Published<HundredScores>{scores_of(3, 1), 2});
  CHECK(held->run == 4);
  CHECK(held->answer_run == 3);
  CHECK(held == next.snapshot());
  std::filesystem::remove_all(folder);
}

TEST_CASE("a record with the greatest sequence number does not hide the next output", "[run][shared_slot]") {
  const auto folder = einet::test::scratch_folder("last-sequence");
  const auto path = folder / "slot";
  using Record = einet::detail::SealedRecord<HundredScores>;
  const auto layout = einet::detail::slot_layout<HundredScores>(einet::detail::cache_line);
  for (const std::uint64_t sequence : {~std::uint64_t{1}, ~std::uint64_t{3}, std::uint64_t{1} << 63}) {
    { auto slot = SharedSlot<HundredScores>::in_file(path); }
    const auto words = Record::sealed(Record::holding(sequence, 7, scores_of(7, 1), 1));
    einet::test::overwrite(path, layout.record(1), words.data(), sizeof(words));
    auto slot = SharedSlot<HundredScores>::in_file(path);
    const auto reader = SharedSlotReader<HundredScores>::in_file(path);
    for (std::uint64_t number = 2; number < 6; ++number) {
      slot.publish(scores_of(8, number), 1);
      CHECK(reader.read() == einet::Published<HundredScores>{scores_of(8, number), 1});
      CHECK(einet::read_slot_file<HundredScores>(path) == reader.snapshot());
    }
    std::filesystem::remove(path);
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("if the newest output is damaged the one before is read, and none if both are",
          "[run][shared_slot]") {
  const auto folder = einet::test::scratch_folder("damaged-slot");
  const auto path = folder / "slot";
  {
    auto slot = SharedSlot<HundredScores>::in_file(path);
    slot.publish(scores_of(1, 1), 1);
    slot.publish(scores_of(1, 2), 2);
  }
  const auto layout = einet::detail::slot_layout<HundredScores>(einet::detail::cache_line);
  const auto reader = SharedSlotReader<HundredScores>::in_file(path);
  using Words = einet::detail::SealedRecord<HundredScores>::Words;
  for (std::size_t at = 0; at < sizeof(Words); ++at) {
    CAPTURE(at);
    einet::test::flip_byte(path, layout.record(0) + at);  // the creation's, 1, then 2: that is in record 0
    REQUIRE(reader.read());
    CHECK(reader.read()->output == scores_of(1, 1));
    einet::test::flip_byte(path, layout.record(0) + at);
    CHECK(reader.read()->output == scores_of(1, 2));
  }
  einet::test::flip_byte(path, layout.record(0) + 100);
  einet::test::flip_byte(path, layout.record(1) + 100);
  CHECK_FALSE(reader.snapshot());
  CHECK_THROWS_WITH(SharedSlot<HundredScores>::in_file(path),
                    einet::test::ContainsSubstring(path.string() + ": records: both are damaged"));
  einet::test::flip_byte(path, layout.record(1) + 100);
  {
    auto next = SharedSlot<HundredScores>::in_file(path);
    CHECK(reader.read()->output == scores_of(1, 1));
    next.publish(scores_of(2, 1), 1);  // takes the damaged record, not the good one
    CHECK(reader.read()->output == scores_of(2, 1));
    einet::test::flip_byte(path, layout.record(0) + 100);
    CHECK(reader.read()->output == scores_of(1, 1));
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("the shared slot's writer and readers allocate nothing", "[run][shared_slot][hot_path]") {
  const MemoryName memory;
  auto slot = SharedSlot<HundredScores>::in_memory(memory.name);
  const auto reader = SharedSlotReader<HundredScores>::in_memory(memory.name);
  const HundredScores output = scores_of(1, 1);
  const std::size_t before = einet::test::allocations();
  slot.begin_run();
  slot.publish(output, 1);
  const auto own = slot.read();
  const auto seen = reader.snapshot();
  CHECK(einet::test::allocations() == before);
  CHECK(own->output == seen->newest->output);
}

TEST_CASE("stress: readers of a shared slot never see a torn or an older output while the writer writes",
          "[run][shared_slot][stress]") {
  const MemoryName memory;
  auto slot = SharedSlot<HundredScores>::in_memory(memory.name);
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> finished{0};
  std::array<Watch, 4> watches;
  std::vector<std::jthread> readers;
  for (Watch& watch : watches)
    readers.emplace_back([&] {
      const auto reader = SharedSlotReader<HundredScores>::in_memory(memory.name);
      while (!done.load()) {
        const std::uint64_t before = finished.load();
        watch.check(reader.snapshot(), {before >> 32, before & 0xffffffff});
      }
    });
  for (std::uint64_t run = 1, left = einet::test::stress_cases(10000000); left > 0; ++run) {
    slot.begin_run();
    for (std::uint64_t number = 1; number <= 1000 && left > 0; ++number, --left) {
      slot.publish(scores_of(run, number), number % 40);
      finished.store((run << 32) + number);
    }
  }
  done.store(true);
  readers.clear();
  for (const Watch& watch : watches) {
    CHECK(watch.torn == 0);
    CHECK(watch.lost == 0);
  }
}

TEST_CASE("stress: writers killed at random moments lose no output, and leave none half written",
          "[run][shared_slot][stress]") {
  const MemoryName memory;
  einet::test::SlotWriter writer(memory.name);
  { const auto slot = SharedSlot<HundredScores>::in_memory(memory.name); }
  const auto reader = SharedSlotReader<HundredScores>::in_memory(memory.name);
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const std::size_t kills = einet::test::stress_cases(5000);
  Watch live, after;
  std::size_t half_way = 0;
  for (std::size_t kill = 0; kill < kills || (half_way == 0 && kill < 1000); ++kill) {
    writer.start();
    const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(random() % 400000);
    do {
      const auto finished = writer.finished();
      live.check(reader.snapshot(), finished);
    } while (std::chrono::steady_clock::now() < end);
    writer.kill();
    half_way += stopped_half_way(memory.name) ? 1 : 0;
    after.check(reader.snapshot(), writer.finished());
    after.check(SharedSlotReader<HundredScores>::in_memory(memory.name).snapshot(), writer.finished());
  }
  CHECK(live.torn == 0);
  CHECK(live.lost == 0);
  CHECK(after.torn == 0);
  CHECK(after.lost == 0);
  CHECK(half_way > 0);
  if (kills >= 5000)  // a full run: print the figures
    WARN(kills << " writers killed, " << half_way << " half way through an output; " << live.reads
               << " reads while they lived: " << live.torn + after.torn << " torn, " << live.lost + after.lost
               << " lost");
}

TEST_CASE("stress: a writer that is stopped half-way through an output holds up no reader",
          "[run][shared_slot][stress]") {
  const MemoryName memory;
  einet::test::SlotWriter writer(memory.name);
  { const auto slot = SharedSlot<HundredScores>::in_memory(memory.name); }
  const auto reader = SharedSlotReader<HundredScores>::in_memory(memory.name);
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  Watch watch;
  std::size_t half_way = 0;
  writer.start();
  const std::size_t stops = einet::test::stress_cases(2000);
  for (std::size_t stop = 0; stop < stops || (half_way == 0 && stop < 10000); ++stop) {
    busy_wait(std::chrono::microseconds(random() % 100));
    writer.stop();
    half_way += stopped_half_way(memory.name) ? 1 : 0;
    watch.check(reader.snapshot(), writer.finished());
    writer.go_on();
  }
  writer.kill();
  CHECK(watch.torn == 0);
  CHECK(watch.lost == 0);
  CHECK(half_way > 0);
}

TEST_CASE("stress: a writer killed while it creates a slot does not keep others from creating it",
          "[run][shared_slot][stress]") {
  const MemoryName memory;
  einet::test::SlotWriter writer(memory.name);
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  Watch watch;
  for (std::size_t kill = 0; kill < einet::test::stress_cases(2000); ++kill) {
    SharedSlot<HundredScores>::remove_from_memory(memory.name);
    writer.start_without_waiting();
    busy_wait(std::chrono::microseconds(random() % 600));
    writer.kill();
    watch = {};
    try {
      const auto reader = SharedSlotReader<HundredScores>::in_memory(memory.name);
      watch.check(reader.snapshot(), writer.finished());
    } catch (const einet::SlotError& error) {
      CAPTURE(error.what());
      CHECK(writer.finished() == einet::test::Progress{});
      CHECK((error.field() == "file" || error.field() == "magic"));
    }
    CHECK(watch.torn + watch.lost == 0);
    auto slot = SharedSlot<HundredScores>::in_memory(memory.name);
    slot.publish(scores_of(1, 1), 1);
    CHECK(slot.read()->output == scores_of(1, 1));
  }
}

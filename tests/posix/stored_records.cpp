#include "catch.hpp"
#include "posix/slot_outputs.hpp"
#include "support.hpp"

#include <einet/posix/shared_slot.hpp>
#include <einet/posix/stored_records.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <thread>

using einet::read_slot_file;
using einet::SharedSlot;
using einet::test::HundredScores;
using einet::test::scores_of;

TEST_CASE("a shared slot's file is read without mapping it, never torn nor older than published",
          "[run][stored_records]") {
  const auto folder = einet::test::scratch_folder("stored-records");
  const auto path = folder / "slot";
  std::atomic<std::uint64_t> finished{0};
  std::atomic<bool> done{false};
  auto slot = SharedSlot<HundredScores>::in_file(path);
  slot.begin_run();
  std::jthread writer([&] {
    for (std::uint64_t number = 1; !done.load(); ++number) {
      slot.publish(scores_of(1, number), number % 40);
      finished.store(number);
    }
  });
  while (finished.load() == 0) std::this_thread::yield();  // a busy machine may start it late
  std::size_t wrong = 0;
  for (std::size_t read = 0; read < einet::test::cases(500); ++read) {
    const std::uint64_t before = finished.load();
    const auto held = read_slot_file<HundredScores>(path);
    const std::uint64_t number =
        held && held->newest ? static_cast<std::uint64_t>(held->newest->output.label) : 0;
    if (number < before || (number > 0 && held->newest->output != scores_of(1, number))) ++wrong;
  }
  done.store(true);
  writer.join();
  CHECK(wrong == 0);
  REQUIRE(slot.read());
  CHECK(read_slot_file<HundredScores>(path)->newest == slot.read());
  CHECK(read_slot_file<HundredScores>(path) == slot.snapshot());
  std::filesystem::remove_all(folder);
}

TEST_CASE("a file cut short while a reader has it open holds nothing, and raises no SIGBUS",
          "[run][stored_records]") {
  const auto folder = einet::test::scratch_folder("stored-records-short");
  const auto path = folder / "slot";
  {
    auto slot = SharedSlot<HundredScores>::in_file(path);
    slot.publish(scores_of(1, 1), 1);
  }
  const auto layout = einet::detail::slot_layout<HundredScores>(einet::detail::cache_line);
  const auto file = einet::detail::SlotFile::for_reading({path.string(), false});
  CHECK(einet::detail::newest_stored<HundredScores>(file, layout));
  std::filesystem::resize_file(path, 64);
  CHECK_FALSE(einet::detail::newest_stored<HundredScores>(file, layout));
  CHECK_THROWS_WITH(read_slot_file<HundredScores>(path),
                    einet::test::ContainsSubstring("size is 64, expected"));
  std::filesystem::remove_all(folder);
}

#include "catch.hpp"
#include "posix/slot_outputs.hpp"
#include "run/slot_runs.hpp"
#include "support.hpp"

#include <einet/run/answer.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/slot.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

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

TEST_CASE("a slot counts its runs, and forgets or keeps the last answer between them", "[run][local_slot]") {
  LocalSlot<einet::test::HundredScores> forgetful, keeping(einet::BetweenRuns::keep);
  einet::test::forgets_between_runs(forgetful, [&] { return forgetful.snapshot(); });
  einet::test::keeps_between_runs(keeping, [&] { return keeping.snapshot(); });
}

TEST_CASE("a first output without begin_run() belongs to run 1", "[run][local_slot]") {
  LocalSlot<Answer> slot;
  CHECK(slot.snapshot() == einet::SlotSnapshot<Answer>{});
  slot.publish(Answer{7, 0.5f}, 2);
  CHECK(slot.snapshot() == einet::SlotSnapshot<Answer>{1, 2, {{{7, 0.5f}, 2}}, 1});
  slot.begin_run();
  CHECK(slot.snapshot().run == 2);
}

TEST_CASE("a slot of large outputs is written and read", "[run][local_slot]") {
  using Large = einet::Scores<20000>;
  const auto slot = std::make_unique<LocalSlot<Large>>();
  const auto output = std::make_unique<Large>();
  output->scores.fill(0.25f);
  slot->publish(*output, 1);
  CHECK(slot->read()->output == *output);
}

namespace {

/// So large that a writer at full speed is nearly always in the middle of it.
using Long = std::array<std::uint64_t, 2048>;

Long long_of(std::uint64_t number) {
  Long made;
  for (std::size_t k = 0; k < made.size(); ++k) made[k] = number + k;
  return made;
}

/// A slot whose writer tells how far it got, with the results of its readers.
struct Contest {
  LocalSlot<Long> slot;
  std::atomic<std::uint64_t> begun{0}, finished{0};
  std::atomic<std::size_t> reads{0}, in_between{0}, wrong{0};
  std::atomic<bool> done{false};

  void publish_until_done() noexcept {
    for (std::uint64_t number = 1; !done.load(); ++number) {
      const Long output = long_of(number);
      begun.store(number);
      slot.publish(output, 1);
      finished.store(number);
    }
  }

  /// While the writer stands still: the output that was finished, or the one that was begun.
  void read() noexcept {
    const std::uint64_t last = finished.load(), next = begun.load();
    const auto seen = slot.read();
    const std::uint64_t number = seen ? seen->output[0] : 0;
    bool sound = (number == last || number == next) && finished.load() == last;
    if (seen) sound = sound && seen->output == long_of(number);
    if (!sound) wrong.fetch_add(1);
    if (last != next) in_between.fetch_add(1);
    reads.fetch_add(1);
  }
};

Contest* interrupted = nullptr;

}  // namespace

TEST_CASE("a signal handler in the writing thread reads while that publishes", "[run][local_slot][signal]") {
  // In its own process, which the alarm ends if a handler never returns.
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(60);
    Contest contest;
    interrupted = &contest;
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted->read(); };
    sigaction(SIGUSR2, &action, nullptr);
    std::thread writer([&] { contest.publish_until_done(); });
    const std::size_t signals = einet::test::cases(300);
    for (std::size_t sent = 0; sent < signals; ++sent) {
      pthread_kill(writer.native_handle(), SIGUSR2);
      while (contest.reads.load() <= sent) std::this_thread::yield();
    }
    contest.done.store(true);
    writer.join();
    _exit(contest.wrong.load() != 0 ? 1 : contest.in_between.load() == 0 ? 2 : 0);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

#if defined(__linux__)
TEST_CASE("a reader of the highest priority does not wait for the writer that it preempted",
          "[run][local_slot]") {
  cpu_set_t allowed, one;
  CPU_ZERO(&allowed);
  CPU_ZERO(&one);
  REQUIRE(sched_getaffinity(0, sizeof(allowed), &allowed) == 0);
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &one);

  Contest contest;
  std::atomic<bool> permitted{true};
  std::thread writer([&] {
    sched_setaffinity(0, sizeof(one), &one);
    contest.publish_until_done();
  });
  std::thread reader([&] {
    const sched_param highest{sched_get_priority_max(SCHED_FIFO)};
    permitted.store(sched_setaffinity(0, sizeof(one), &one) == 0 &&
                    pthread_setschedparam(pthread_self(), SCHED_FIFO, &highest) == 0);
    while (permitted.load() && contest.begun.load() == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    (void)contest.slot.read();  // so that its pages are mapped
    // The writer cannot run between the two looks at how far it got, unless the reader waited for it.
    for (std::size_t k = 0; permitted.load() && contest.wrong.load() == 0 && k < 500; ++k) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
      contest.read();
    }
  });
  reader.join();
  contest.done.store(true);
  writer.join();
  if (!permitted.load()) {
    WARN("not tried: this user may not run at a real-time priority");
    return;
  }
  CHECK(contest.wrong.load() == 0);
  CHECK(contest.in_between.load() > 0);
}
#endif

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

#include "catch.hpp"
#include "support.hpp"

#include <einet/run/companion_thread.hpp>
#include <einet/run/job_box.hpp>
#include <einet/run/pipelined.hpp>
#include <einet/run/spin_wait.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>

using namespace einet;

TEST_CASE("a companion runs every job once, awake or asleep, on another thread", "[run][companion]") {
  struct Job {
    std::atomic<std::size_t> runs = 0;
    std::thread::id on{};
    static void run(void* of) noexcept {
      static_cast<Job*>(of)->on = std::this_thread::get_id();
      ++static_cast<Job*>(of)->runs;
    }
  };
  CompanionThread companion;
  Job job;
  for (std::size_t k = 1; k <= test::cases(2000); ++k) {
    if (k % 400 == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds{5});  // long enough to fall asleep
    companion.start(&Job::run, &job);
    while (job.runs < k) std::this_thread::yield();
    companion.join();
    CHECK(job.runs == k);
  }
  CHECK(job.on != std::this_thread::get_id());
}

TEST_CASE("a job that has not begun can be taken back, and then never begins", "[run][companion]") {
  struct Job {
    std::atomic<bool> over{false};
    std::atomic<std::size_t> runs{0};
    static void run(void* of) noexcept {
      ++static_cast<Job*>(of)->runs;
      while (!static_cast<Job*>(of)->over) std::this_thread::yield();
    }
  };
  CompanionThread companion;
  std::size_t begun = 0;
  for (std::size_t k = 0; k < test::cases(2000); ++k) {
    if (k % 100 == 0) std::this_thread::sleep_for(std::chrono::milliseconds{2});
    Job job;
    companion.start(&Job::run, &job);
    for (std::size_t wait = k % 50 * 100; wait > 0; --wait)
      std::atomic_signal_fence(std::memory_order_seq_cst);
    job.over = true;
    companion.join();
    const std::size_t runs = job.runs;
    CHECK(runs <= 1);
    begun += runs;
  }
  CAPTURE(begun);
  detail::JobBox box;
  std::size_t runs = 0;
  const auto count = +[](void* of) noexcept { ++*static_cast<std::size_t*>(of); };
  CHECK_FALSE(box.work());
  box.post(count, &runs);
  box.withdraw();
  CHECK_FALSE(box.work());
  box.post(count, &runs);
  CHECK(box.wait());
  CHECK(box.work());
  CHECK_FALSE(box.work());
  box.withdraw();
  CHECK(runs == 1);
  box.close();
  CHECK_FALSE(box.wait());
}

TEST_CASE("a companion may go without ever having worked", "[run][companion]") {
  for (int k = 0; k < 20; ++k) {
    const CompanionThread companion;
    if (k % 2 == 0) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  SUCCEED();
}

TEST_CASE("a wait knows when it has lasted long", "[run][companion]") {
  SpinWait spin;
  CHECK_FALSE(spin.long_enough());
  for (int k = 0; k < 10000; ++k) spin();
  CHECK(spin.long_enough());
}

#include "catch.hpp"
#include "support.hpp"

#include <einet/run/companion_thread.hpp>
#include <einet/run/pipelined.hpp>
#include <einet/run/spin_wait.hpp>

#include <chrono>
#include <cstddef>
#include <thread>

using namespace einet;

TEST_CASE("a companion runs every job once, awake or asleep, on another thread", "[run][companion]") {
  struct Job {
    std::size_t runs = 0;
    std::thread::id on{};
    static void run(void* of) noexcept {
      ++static_cast<Job*>(of)->runs;
      static_cast<Job*>(of)->on = std::this_thread::get_id();
    }
  };
  CompanionThread companion;
  Job job;
  for (std::size_t k = 1; k <= test::cases(2000); ++k) {
    if (k % 400 == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds{5});  // long enough to fall asleep
    companion.start(&Job::run, &job);
    companion.join();
    CHECK(job.runs == k);
  }
  CHECK(job.on != std::this_thread::get_id());
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

#include "catch.hpp"
#include "support.hpp"

#include <einet/parallel/tbb_companion.hpp>
#include <einet/run/pipelined.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>

using namespace einet;

static_assert(run_companion<parallel::TbbCompanion>);

TEST_CASE("oneTBB runs a companion's job beside a caller that only spins", "[parallel][companion]") {
  struct Job {
    std::atomic<std::size_t> asked{0}, answered{0};
    std::thread::id on{};
    static void run(void* of) noexcept {
      Job& job = *static_cast<Job*>(of);
      job.on = std::this_thread::get_id();
      for (std::size_t k = 1; k <= 10; ++k) {
        while (job.asked < k) std::this_thread::yield();
        job.answered = k;
      }
    }
  };
  parallel::TbbCompanion companion;
  for (std::size_t run = 0; run < test::cases(200); ++run) {
    Job job;
    companion.start(&Job::run, &job);
    for (std::size_t k = 1; k <= 10; ++k) {
      job.asked = k;
      while (job.answered < k) std::this_thread::yield();
    }
    companion.join();
    CHECK(job.on != std::this_thread::get_id());
    if (run % 50 == 0) std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

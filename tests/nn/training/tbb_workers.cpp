#include "../../catch.hpp"

#include <einet/nn/training/tbb_workers.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <thread>
#include <vector>

#include <tbb/global_control.h>

using namespace einet;

TEST_CASE("every item is done once by some thread, whatever the grain", "[nn][tbb_workers]") {
  nn::TbbWorkers workers;
  for (const std::size_t threads : {1u, 4u}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    for (const std::size_t count : {0u, 1u, 1000u})
      for (const std::size_t grain : {0u, 1u, 7u, 5000u}) {
        CAPTURE(threads, count, grain);
        std::vector<std::atomic<int>> done(count);
        std::atomic<bool> even{true};
        workers.pieces(count, grain, [&](std::size_t first, std::size_t last) {
          if (grain > 0 && (first % grain != 0 || (last % grain != 0 && last != count))) even = false;
          for (std::size_t i = first; i < last; ++i) ++done[i];
        });
        CHECK(even);
        CHECK(
            std::all_of(done.begin(), done.end(), [](const std::atomic<int>& times) { return times == 1; }));
      }
  }
}

TEST_CASE("every thread has scratch memory of its own, and partial sums are shared", "[nn][tbb_workers]") {
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, 4);
  nn::TbbWorkers workers;
  std::atomic<int> wrong = 0;
  float* const partial = workers.partial(1000);
  workers.each(1000, 1, [&](std::size_t i) {
    float* const own = workers.scratch(100 + i % 50);
    std::fill_n(own, 100, static_cast<float>(i));
    if (std::count(own, own + 100, static_cast<float>(i)) != 100) ++wrong;
    partial[i] = static_cast<float>(i);
  });
  CHECK(wrong == 0);
  for (std::size_t i = 0; i < 1000; ++i) wrong += partial[i] == static_cast<float>(i) ? 0 : 1;
  CHECK(wrong == 0);
  // At two threads that live at the same time, whichever run first.
  float* const here = workers.scratch(100);
  float* there = here;
  std::thread([&] { there = workers.scratch(100); }).join();
  CHECK(there != here);
  CHECK(workers.scratch(100) == here);
}

TEST_CASE("what a body throws arrives at the caller", "[nn][tbb_workers]") {
  nn::TbbWorkers workers;
  CHECK_THROWS_WITH(workers.each(100, 1,
                                 [](std::size_t i) {
                                   if (i == 50) throw std::runtime_error("fifty");
                                 }),
                    "fifty");
}

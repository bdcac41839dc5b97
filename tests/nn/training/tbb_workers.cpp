#include "catch.hpp"

#include <einet/nn/training/tbb_workers.hpp>

#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <vector>

using namespace einet;

TEST_CASE("TBB's threads do every item once, whatever the grain", "[nn][tbb_workers]") {
  nn::TbbWorkers workers;
  for (const std::size_t count : {0U, 1U, 1000U})
    for (const std::size_t grain : {0U, 1U, 7U, 5000U}) {
      std::vector<std::atomic<int>> each(count);
      workers.each(count, grain, [&](std::size_t i) { ++each[i]; });
      for (const std::atomic<int>& times : each)
        if (times != 1) FAIL(count << " items, grain " << grain);
    }
  CHECK_THROWS_AS(workers.each(100, 1,
                               [](std::size_t i) {
                                 if (i == 50) throw std::runtime_error("50");
                               }),
                  std::runtime_error);
}

TEST_CASE("threads at work at the same time have scratch memory of their own", "[nn][tbb_workers]") {
  nn::TbbWorkers workers;
  std::atomic<std::size_t> wrong{0};
  workers.each(2000, 1, [&](std::size_t i) {
    float* const own = workers.scratch(64);
    for (std::size_t at = 0; at < 64; ++at) own[at] = static_cast<float>(i);
    for (std::size_t at = 0; at < 64; ++at)
      if (own[at] != static_cast<float>(i)) ++wrong;
  });
  CHECK(wrong == 0);
}

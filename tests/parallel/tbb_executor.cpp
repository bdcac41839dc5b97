#include "catch.hpp"

#include <einet/paper/executor.hpp>
#include <einet/parallel/tbb_executor.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

using einet::parallel::TbbExecutor;

static_assert(einet::task_executor<TbbExecutor>);

namespace {

void does_every_piece_once(std::size_t count) {
  CAPTURE(count);
  std::vector<std::atomic<int>> done(count);
  std::atomic<int> beyond = 0;
  TbbExecutor{}(count, [&](std::size_t k) { ++(k < count ? done[k] : beyond); });
  std::size_t once = 0;
  for (const std::atomic<int>& times : done) once += times == 1 ? 1U : 0U;
  CHECK(once == count);
  CHECK(beyond == 0);
}

}  // namespace

TEST_CASE("oneTBB does every piece of work once, with any number of threads", "[parallel][executor]") {
  const tbb::global_control more_than_processors(tbb::global_control::max_allowed_parallelism, 8);
  for (const int threads : {1, 2, 3, 8}) {
    CAPTURE(threads);
    tbb::task_arena arena(threads);
    arena.execute([] {
      for (const std::size_t count : {0U, 1U, 2U, 7U, 64U, 1000U}) does_every_piece_once(count);
    });
  }
}

TEST_CASE("all work is done when the executor returns, even if called within work", "[parallel][executor]") {
  std::vector<std::uint64_t> sums(20);
  TbbExecutor{}(sums.size(), [&](std::size_t outer) {
    std::atomic<std::uint64_t> sum = 0;
    TbbExecutor{}(100, [&](std::size_t inner) { sum += inner; });
    sums[outer] = sum;
  });
  for (const std::uint64_t sum : sums) CHECK(sum == 4950);
}

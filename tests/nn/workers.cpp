#include "catch.hpp"

#include <einet/nn/kernels/partial_sums.hpp>
#include <einet/nn/workers.hpp>

#include <cstddef>
#include <vector>

using namespace einet;

TEST_CASE("pieces and chunks cover every item once, and chunks are nearly equal", "[nn][workers]") {
  nn::OneWorker workers;
  for (const std::size_t count : {0U, 1U, 6U, 1000U})
    for (const std::size_t grain : {0U, 1U, 7U, 5000U}) {
      std::vector<int> each(count), chunks(count);
      workers.each(count, grain, [&](std::size_t i) { ++each[i]; });
      workers.chunks(count, 7, [&](std::size_t, std::size_t first, std::size_t last) {
        CHECK((last - first == count / 7 || last - first == count / 7 + 1));
        for (std::size_t i = first; i < last; ++i) ++chunks[i];
      });
      CHECK(each == std::vector<int>(count, 1));
      CHECK(chunks == each);
    }
}

TEST_CASE("there are at most as many partial sums as items, and they add up", "[nn][workers]") {
  nn::OneWorker workers;
  for (const std::size_t count : {0U, 1U, 3U, 100U})
    for (const std::size_t size : {1U, 10000U, 100000U}) {
      const std::size_t chunks = nn::detail::chunks_for(count, size);
      CHECK(chunks >= 1);
      CHECK((chunks <= count || chunks == 1));
      float* const partial = workers.partial(chunks * size);
      std::vector<float> sums(size);
      for (std::size_t i = 0; i < chunks * size; ++i) {
        partial[i] = static_cast<float>(i % 13);
        sums[i % size] += partial[i];
      }
      nn::detail::sum_chunks(workers, partial, chunks, size);
      CHECK(std::vector<float>(partial, partial + size) == sums);
    }
  CHECK(nn::detail::grain_of(1) > 1000);
  CHECK(nn::detail::grain_of(1000000) == 1);
}

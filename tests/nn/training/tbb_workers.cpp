#include "catch.hpp"

#include <einet/nn/parallel.hpp>

#include <atomic>
#include <cstddef>
#include <vector>

using namespace einet;

TEST_CASE("every item is done once, whatever the grain", "[nn][parallel]") {
  for (const std::size_t count : {0U, 1U, 1000U})
    for (const std::size_t grain : {0U, 1U, 7U, 5000U}) {
      std::vector<std::atomic<int>> each(count), pieces(count), chunks(count);
      nn::detail::parallel_each(count, grain, [&](std::size_t i) { ++each[i]; });
      nn::detail::parallel_pieces(count, grain, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) ++pieces[i];
      });
      std::atomic<bool> even{true};
      nn::detail::parallel_chunks(count, 7, [&](std::size_t, std::size_t first, std::size_t last) {
        if (last - first != count / 7 && last - first != count / 7 + 1) even = false;
        for (std::size_t i = first; i < last; ++i) ++chunks[i];
      });
      CHECK(even);
      for (const auto* all : {&each, &pieces, &chunks})
        for (const std::atomic<int>& times : *all)
          if (times != 1) FAIL(count << " items, grain " << grain);
    }
}

TEST_CASE("there are at most as many partial sums as items, and they add up", "[nn][parallel]") {
  for (const std::size_t count : {0U, 1U, 3U, 100U})
    for (const std::size_t size : {1U, 10000U, 100000U}) {
      const std::size_t chunks = nn::detail::chunks_for(count, size);
      CHECK(chunks >= 1);
      CHECK((chunks <= count || chunks == 1));
      std::vector<float> partial(chunks * size), sums(size), twice(size);
      for (std::size_t i = 0; i < partial.size(); ++i) {
        partial[i] = static_cast<float>(i % 13);
        sums[i % size] += partial[i];
        twice[i % size] += 2 * partial[i];
      }
      nn::detail::sum_chunks(partial.data(), chunks, size);
      partial.resize(size);
      CHECK(partial == sums);
      nn::detail::parallel_add(partial.data(), sums.data(), size);
      CHECK(partial == twice);
    }
  CHECK(nn::detail::grain_of(1) > 1000);
  CHECK(nn::detail::grain_of(1000000) == 1);
}

#include "catch.hpp"

#include <einet/nn/kernels/partial_sums.hpp>
#include <einet/nn/training/tbb_workers.hpp>

#include <vector>

using namespace einet;

TEST_CASE("partial sums are added up the same whoever does it", "[nn][partial_sums]") {
  for (const std::size_t chunks : {1U, 2U, 5U})
    for (const std::size_t size : {1U, 7U, 20000U}) {
      CAPTURE(chunks, size);
      std::vector<float> one(chunks * size), sum(size), several;
      for (std::size_t i = 0; i < one.size(); ++i) {
        one[i] = 1.f / static_cast<float>(i % 97 + 3);
        sum[i % size] += one[i];
      }
      several = one;
      nn::OneWorker alone;
      nn::TbbWorkers many;
      nn::detail::sum_chunks(alone, one.data(), chunks, size);
      nn::detail::sum_chunks(many, several.data(), chunks, size);
      one.resize(size);
      several.resize(size);
      CHECK(one == sum);
      CHECK(several == sum);
      nn::detail::add_all(many, several.data(), one.data(), size);
      for (std::size_t i = 0; i < size; ++i) REQUIRE(several[i] == 2.f * sum[i]);
    }
}

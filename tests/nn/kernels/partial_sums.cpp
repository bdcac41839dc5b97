#include "catch.hpp"

#include <einet/nn/kernels/partial_sums.hpp>
#include <einet/nn/training/tbb_workers.hpp>

#include <algorithm>
#include <cstddef>
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

TEST_CASE("sums over items are the same whoever adds them, and whatever was summed before",
          "[nn][partial_sums]") {
  nn::OneWorker alone;
  nn::TbbWorkers many;
  for (const std::size_t count : {0U, 1U, 5U, 300U})
    for (const std::size_t size : {1U, 7U, 9000U}) {
      CAPTURE(count, size);
      const auto item = [](std::size_t i, std::size_t k) { return 1.f / static_cast<float>(i + k % 89 + 1); };
      const auto sum = [&](float* to, std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
          for (std::size_t k = 0; k < size; ++k) to[k] += item(i, k);
      };
      const float* const one = nn::detail::summed(alone, count, size, sum);
      const float* const several = nn::detail::summed(many, count, size, sum);
      CHECK(std::equal(one, one + size, several));
      for (std::size_t k = 0; k < size; k += 61) {
        double truth = 0.;
        for (std::size_t i = 0; i < count; ++i) truth += static_cast<double>(item(i, k));
        REQUIRE_THAT(one[k], test::WithinAbs(truth, 1e-5));
      }
    }
}

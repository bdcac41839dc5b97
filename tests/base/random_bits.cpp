#include "catch.hpp"

#include <einet/base/random_bits.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

using einet::random_bits;

namespace {

/// Steele, Lea and Flood's generator as its authors publish it: a state that a constant is added to, and two
/// rounds of shifting and multiplying.
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : state_(seed) {}
  std::uint64_t operator()() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z ^= z >> 30;
    z *= 0xbf58476d1ce4e5b9U;
    z ^= z >> 27;
    z *= 0x94d049bb133111ebU;
    z ^= z >> 31;
    return z;
  }

 private:
  std::uint64_t state_;
};

constexpr std::uint64_t last = ~std::uint64_t{0};

}  // namespace

static_assert(random_bits(1, 0) != random_bits(0, 1));  // and known at compile time

TEST_CASE("the generator of this test draws the published numbers", "[base][random_bits]") {
  SplitMix64 zero{0};
  CHECK(zero() == 0xe220a8397b1dcdafU);
  CHECK(zero() == 0x6e789e6aa1b965f4U);
  CHECK(zero() == 0x06c45d188009454fU);
}

TEST_CASE("random bits are those of SplitMix64 started at a mixed seed", "[base][random_bits]") {
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{20260101}, last}) {
    CAPTURE(seed);
    SplitMix64 draw{SplitMix64{seed}()};
    for (std::uint64_t k = 0; k < 1000; ++k) CHECK(random_bits(seed, k) == draw());
  }
}

TEST_CASE("the last counter and the last seed give random bits like any other", "[base][random_bits]") {
  CHECK(random_bits(3, last) != random_bits(3, last - 1));
  CHECK(random_bits(last, last) != random_bits(last - 1, last));
}

TEST_CASE("every bit is set half of the time, whether the counter or the seed goes on",
          "[base][random_bits]") {
  constexpr int draws = 4096;
  std::array<int, 64> by_counter{};
  std::array<int, 64> by_seed{};
  int flipped = 0;
  for (int i = 0; i < draws; ++i) {
    const auto n = static_cast<std::uint64_t>(i);
    for (std::size_t bit = 0; bit < 64; ++bit) {
      by_counter[bit] += static_cast<int>(random_bits(7, n) >> bit & 1U);
      by_seed[bit] += static_cast<int>(random_bits(n, 7) >> bit & 1U);
    }
    flipped += std::popcount(random_bits(n, 7) ^ random_bits(n + 1, 7));
  }
  // Six standard deviations of 32 are 192.
  for (std::size_t bit = 0; bit < 64; ++bit) {
    CAPTURE(bit);
    CHECK(std::abs(by_counter[bit] - draws / 2) < 192);
    CHECK(std::abs(by_seed[bit] - draws / 2) < 192);
  }
  CHECK(std::abs(flipped / draws - 32) <= 1);
}

TEST_CASE("an order is a permutation, drawn evenly by its seed", "[base][random_bits]") {
  CHECK(einet::random_order(0, 1).empty());
  std::array<std::array<int, 5>, 5> counts{};
  for (std::uint64_t seed = 0; seed < 10000; ++seed) {
    std::vector<std::size_t> order = einet::random_order(5, seed);
    for (std::size_t i = 0; i < 5; ++i) ++counts[i][order[i]];
    std::sort(order.begin(), order.end());
    REQUIRE(order == std::vector<std::size_t>{0, 1, 2, 3, 4});
  }
  // Six standard deviations of a binomial count with mean 2,000.
  for (const auto& row : counts) {
    for (const int count : row) CHECK(std::abs(count - 2000) < 240);
  }
}

#include "catch.hpp"

#include <einet/nn/random.hpp>

#include <algorithm>
#include <array>

using namespace einet;

TEST_CASE("an order is a permutation, drawn evenly by its seed", "[nn][random]") {
  CHECK(nn::random_order(0, 1).empty());
  std::array<std::array<int, 5>, 5> counts{};
  for (std::uint64_t seed = 0; seed < 10000; ++seed) {
    std::vector<std::size_t> order = nn::random_order(5, seed);
    for (std::size_t i = 0; i < 5; ++i) ++counts[i][order[i]];
    std::sort(order.begin(), order.end());
    REQUIRE(order == std::vector<std::size_t>{0, 1, 2, 3, 4});
  }
  // Six standard deviations of a binomial count with mean 2,000.
  for (const auto& row : counts) {
    for (const int count : row) CHECK(std::abs(count - 2000) < 240);
  }
}

TEST_CASE("uniform and normal numbers have their moments", "[nn][random]") {
  double uniform = 0.;
  double mean = 0.;
  double squares = 0.;
  double fourths = 0.;
  constexpr int count = 200000;
  for (std::uint64_t i = 0; i < count; ++i) {
    const float u = nn::random_uniform(3, i);
    REQUIRE(u >= 0.f);
    REQUIRE(u < 1.f);
    uniform += static_cast<double>(u) / count;
    const auto n = static_cast<double>(nn::random_normal(4, i));
    mean += n / count;
    squares += n * n / count;
    fourths += n * n * n * n / count;
  }
  CHECK_THAT(uniform, test::WithinAbs(.5, .004));
  CHECK_THAT(mean, test::WithinAbs(0., .015));
  CHECK_THAT(squares, test::WithinAbs(1., .02));
  CHECK_THAT(fourths, test::WithinAbs(3., .15));
}

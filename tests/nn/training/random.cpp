#include "../../catch.hpp"

#include <einet/nn/training/random.hpp>

using namespace einet;

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

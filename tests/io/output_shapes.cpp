#include "catch.hpp"

#include <einet/io/output_shapes.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

using namespace einet;
using einet::test::ContainsSubstring;
using einet::test::WithinAbs;

TEST_CASE("shapes are computed from log-probabilities as from probabilities", "[io][output_shapes]") {
  const std::vector<float> logs{std::log(.5f), std::log(.25f), 0.f, -HUGE_VALF};
  const auto shapes = io::output_shapes<2>(logs, 1, 2, 4);
  REQUIRE(shapes.size() == 1);
  CHECK_THAT(shapes[0][0].margin, WithinAbs(std::log(2.f), 1e-6));
  CHECK_THAT(shapes[0][0].entropy, WithinAbs(1.75f * std::log(2.f), 1e-6));
  CHECK(shapes[0][1] == einet::OutputShape{30.f, 0.f});
  CHECK_THROWS_AS(io::output_shapes<2>(logs, 1, 3, 4), std::invalid_argument);
  CHECK_THROWS_AS(io::output_shapes<2>(logs, 1, 2, 1), std::invalid_argument);
  CHECK_THROWS_AS(io::output_shapes<2>(logs, 2, 1, 4), std::invalid_argument);
}

TEST_CASE("shapes are refused by the number that is not a log-probability, and by counts that do not fit",
          "[io][output_shapes]") {
  std::vector<float> logs{-1.f, -2.f, -3.f, 0.f};
  for (const float bad : {std::nanf(""), HUGE_VALF, .5f}) {
    logs[2] = bad;
    CHECK_THROWS_WITH(io::output_shapes<2>(logs, 1, 2, 4),
                      ContainsSubstring("output_shapes: top_logprob[2] is "));
  }
  logs[2] = -3.f;
  // Products that overflow to the right number.
  constexpr std::size_t half = std::size_t{1} << 63;
  CHECK_THROWS_AS(io::output_shapes<2>({}, half, 2, 4), std::invalid_argument);
  CHECK_THROWS_AS(io::output_shapes<2>({}, 2, half, half), std::invalid_argument);
  CHECK_THROWS_AS(io::output_shapes<2>(logs, half + 1, 2, 4), std::invalid_argument);
}

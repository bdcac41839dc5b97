#include "catch.hpp"

#include <einet/base/round_up.hpp>

#include <cstddef>

TEST_CASE("rounding up gives the least multiple that holds all", "[base][round_up]") {
  for (std::size_t step = 1; step < 20; ++step)
    for (std::size_t count = 0; count < 100; ++count) {
      const std::size_t whole = einet::detail::round_up(count, step);
      CHECK(whole % step == 0);
      CHECK(whole >= count);
      CHECK(whole < count + step);
    }
}

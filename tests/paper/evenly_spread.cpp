#include "catch.hpp"

#include <einet/paper/evenly_spread.hpp>

#include <cmath>
#include <stdexcept>
#include <string>

using namespace einet;

TEST_CASE("static plans spread over the exits and end with the last", "[paper][evenly_spread]") {
  // m = max(1, round(p·n)) exits at ceil((i+1)·n/m) − 1, by hand.
  CHECK(to_string(evenly_spread<14>(1.0)) == std::string(14, '1'));
  CHECK(to_string(evenly_spread<14>(0.5)) == "01010101010101");
  CHECK(to_string(evenly_spread<14>(0.25)) == "00010010001001");  // m = 4: 3.5, 7, 10.5, 14
  CHECK(to_string(evenly_spread<3>(0.0)) == "001");
  CHECK(to_string(evenly_spread<1>(0.25)) == "1");
}

TEST_CASE("an invalid share of the exits is refused", "[paper][evenly_spread]") {
  for (const double share : {-0.5, 1.5, static_cast<double>(NAN), HUGE_VAL})
    CHECK_THROWS_AS(evenly_spread<5>(share), std::invalid_argument);
  CHECK_THROWS_WITH(evenly_spread<5>(1.5),
                    "evenly_spread: share is 1.5, expected a share of the exits in [0, 1]");
}

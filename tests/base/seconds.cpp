#include <einet/base/seconds.hpp>

#include <chrono>
#include <ratio>
#include <type_traits>

#include <catch.hpp>

using namespace std::chrono_literals;
using einet::Seconds;

static_assert(std::is_convertible_v<double, Seconds> && std::is_convertible_v<int, Seconds>);
static_assert(std::is_convertible_v<std::chrono::nanoseconds, Seconds>);
static_assert(!std::is_convertible_v<const char*, Seconds> && !std::is_default_constructible_v<Seconds>);

TEST_CASE("seconds are a number or a duration of any unit", "[base][seconds]") {
  CHECK(Seconds(0.02).count == 0.02);
  CHECK(Seconds(3).count == 3);
  CHECK(Seconds(20ms).count == 0.02);
  CHECK(Seconds(std::chrono::duration<double, std::milli>(1.5)).count == 0.0015);
  CHECK(Seconds(2min).count == 120);
  CHECK(Seconds(-1s).count == -1);
}

#include "catch.hpp"

#include <einet/plan/time_profile.hpp>

#include <array>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <type_traits>

using einet::TimeProfile;
using einet::test::ContainsSubstring;

TEST_CASE("the total is the time of a full run to the last bit", "[plan][time_profile]") {
  const TimeProfile<3> times{{0.1, 0.2, 0.3}, {0.01, 0.07, 0.03}};
  double clock = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    clock += times.conv[k];
    clock += times.branch[k];
  }
  CHECK(times.total() == clock);
}

TEST_CASE("a profile for which no plan can be made is refused by field and index", "[plan][time_profile]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const auto message = [](const TimeProfile<2>& times) -> std::string {
    try {
      validate(times);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK_THAT(message({{1, nan}, {1, 1}}), ContainsSubstring("conv[1]"));
  CHECK_THAT(message({{1, 1}, {-1e-9, 1}}),
             ContainsSubstring("time profile: branch[0] is -1e-09, expected finite seconds >= 0"));
  CHECK_THAT(message({{infinity, 1}, {1, 1}}), ContainsSubstring("conv[0]"));
  CHECK_THAT(message({{0, 0}, {0, 0}}),
             ContainsSubstring("time profile: total is 0, expected a finite sum > 0"));
  CHECK_THAT(message({{1e308, 1e308}, {0, 0}}), ContainsSubstring("total is inf"));
  CHECK(message({{0, 0}, {0, 1e-300}}) == "accepted");
  CHECK(message({{1, 0}, {0, 1}}) == "accepted");
}

TEST_CASE("times are seconds, as numbers or as durations, one for every conv part and branch",
          "[plan][time_profile]") {
  using namespace std::chrono_literals;
  constexpr einet::TimeProfile<3> numbers{{1e-3, 2, 3}, {0, 0, 2.5e-4}};
  CHECK(numbers.conv == std::array{1e-3, 2., 3.});
  CHECK(numbers.branch == std::array{0., 0., 2.5e-4});
  constexpr einet::TimeProfile durations{{1ms, 2s, 3.}, {0s, 0, 250us}};
  static_assert(std::is_same_v<decltype(durations), const einet::TimeProfile<3>>);
  CHECK(durations.conv == numbers.conv);
  CHECK(durations.branch[2] == std::chrono::duration<double>(250us).count());
  const std::array<double, 2> one{1, 2}, two{3, 4};
  CHECK(einet::TimeProfile{one, two}.total() == 10);
  static_assert(
      !std::is_constructible_v<einet::TimeProfile<3>, std::array<double, 2>, std::array<double, 3>>);
}

#include "catch.hpp"

#include <einet/run/clock.hpp>
#include <einet/run/progress.hpp>

#include <limits>

using namespace einet;

static_assert(seconds_since_reset<Stopwatch<SteadyClock>> && !seconds_since_reset<double>);

TEST_CASE("parts are compared with what the profile gives them, pauses with nothing", "[run][progress]") {
  const TimeProfile<3> times{{1, 2, 3}, {.5, .5, .5}};
  detail::Progress<3> progress{times.total()};
  progress.move_on(times, 0, .5, 1.5);
  progress.pause_until(4);
  progress.pause_until(2);  // earlier than is known
  progress.pause(1);
  progress.move_on(times, 2, .5, 5 + 5.5);  // two conv parts and a branch
  CHECK(progress.passed() == 3);
  CHECK(progress.pace() == 1);
  progress.reset();
  CHECK(progress.passed() == 0);
  progress.move_on(times, 0, 0, std::numeric_limits<double>::quiet_NaN());
  progress.pause_until(std::numeric_limits<double>::infinity());
  CHECK(progress.pace() == 1);
  progress.move_on(times, 1, 0, 6);  // twice as long as the two parts should have, but the first went untold
  CHECK(progress.pace() > 1.5);
}

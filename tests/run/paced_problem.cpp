#include "catch.hpp"

#include <einet/run/paced_problem.hpp>

#include <array>
#include <limits>
#include <stdexcept>

using namespace einet;
using einet::test::WithinAbs;

namespace {

const TimeProfile<3> paced_times{{1, 2, 3}, {.5, .5, .5}};
constexpr double not_a_time = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("parts are compared with their profiled times, pauses with nothing", "[run][paced_problem]") {
  detail::PacedProblem<3> run{paced_times, {}};
  run.reset();
  run.publish(0, 1.5, 4);
  run.pause(1);
  run.publish(2, 5 + 5.5, 3);  // two conv parts and a branch; published earlier than ready
  CHECK(run.pace() == 1);
  CHECK(run.problem().first == 3);
  CHECK(run.problem().elapsed == 10.5);
  run.reset();
  CHECK(run.problem().first == 0);
  CHECK(run.problem().elapsed == 0);
  CHECK_FALSE(run.pass(0, not_a_time));
  CHECK(run.pace() == 1);
  CHECK(run.pass(1, 6));  // twice as long as the two parts should have, but the first went untold
  CHECK(run.pace() > 1.5);
}

TEST_CASE("what is left of a profile is scaled by pace and margin", "[run][paced_problem]") {
  detail::PacedProblem<3> run{paced_times, {.initial_worth = .25f, .margin = 2}};
  run.reset();
  CHECK(run.problem().in_hand == .25f);
  CHECK(run.problem().times == TimeProfile<3>{{2, 4, 6}, {1, 1, 1}});
  CHECK(run.pass(0, 1e6));
  CHECK(run.problem().first == 0);
  CHECK(run.problem().times.conv[0] == 0);
  CHECK(run.problem().times.branch[0] == run.pace() * 2 * .5);
  CHECK(run.problem().times.conv[2] == run.pace() * 2 * 3);
  CHECK_FALSE(run.pass(1, 1e6 + 2 * run.pace()));  // no slower than before
  run.publish(1, not_a_time, std::numeric_limits<double>::infinity());
  CHECK(run.problem().first == 2);
  CHECK(run.problem().elapsed == 1e6);

  detail::PacedProblem<3> rigid{paced_times, {.follow_pace = false}};
  rigid.reset();
  CHECK_FALSE(rigid.pass(0, 1e6));
  rigid.publish(1, 2e6, 2e6);
  rigid.keep_pace();
  CHECK(rigid.pace() == 1);
  CHECK(rigid.problem().times.conv[2] == 3);
}

TEST_CASE("expected confidences become probabilities", "[run][paced_problem]") {
  detail::PacedProblem<3> run{paced_times, {}};
  run.reset();
  run.expect({-1.f, .5f, std::numeric_limits<float>::quiet_NaN()});
  CHECK(run.problem().confidences == std::array{0.f, .5f, 0.f});
  CHECK_THROWS_AS((detail::PacedProblem<3>{paced_times, {.margin = .5}}), std::invalid_argument);
  CHECK_THROWS_AS((detail::PacedProblem<3>{{}, {}}), std::invalid_argument);
}

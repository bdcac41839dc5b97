#include "catch.hpp"

#include <einet/plan/exponential.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/plan/with_deadline.hpp>

#include <chrono>
#include <cmath>

using namespace einet;
using namespace einet::test;

static_assert(stop_law<WithDeadline<Exponential>>);

TEST_CASE("a deadline cuts a law, and an output ready then is in time", "[plan][with_deadline]") {
  const WithDeadline law{Uniform{4}, 3};
  CHECK(law.cdf(1) == .25);
  CHECK(law.cdf(3) == .75);
  CHECK(law.cdf(std::nextafter(3., 4.)) == 1);
  CHECK(law.deadline() == 3);
  CHECK(law.law().horizon() == 4);
}

TEST_CASE("the law that a deadline cuts takes its horizon", "[plan][with_deadline]") {
  const auto law = over(WithDeadline{Uniform{}, std::chrono::seconds(3)}, 12);
  CHECK(law.cdf(3) == .25);
  CHECK(law.cdf(3.1) == 1);
}

TEST_CASE("an invalid deadline of a law is refused", "[plan][with_deadline]") {
  CHECK_THROWS_WITH((WithDeadline{Uniform{4}, -1}), ContainsSubstring("deadline"));
}

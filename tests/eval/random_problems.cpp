#include "catch.hpp"

#include <einet/eval/random_problems.hpp>

#include <cstddef>

using namespace einet;

TEST_CASE("random problems are valid, have the size asked for, and depend on the seed",
          "[eval][random_problems]") {
  const auto problems = eval::random_problems<40>(100, 3);
  REQUIRE(problems.size() == 100);
  double first = 0, last = 0;
  for (const auto& problem : problems) {
    CHECK_NOTHROW(validate(problem.times));
    CHECK(problem.first == 0);
    for (std::size_t k = 0; k < 40; ++k) {
      CHECK(problem.confidences[k] >= 0.f);
      CHECK(problem.confidences[k] <= 1.f);
      CHECK(problem.times.branch[k] > 0);
      CHECK(problem.times.branch[k] < 1.5 * problem.times.conv[k]);
    }
    first += static_cast<double>(problem.confidences.front()) / 100;
    last += static_cast<double>(problem.confidences.back()) / 100;
  }
  CHECK(last > first + .2);

  const auto again = eval::random_problems<40>(100, 3), others = eval::random_problems<40>(100, 4);
  CHECK(again.back().confidences == problems.back().confidences);
  CHECK(again.back().times.conv == problems.back().times.conv);
  CHECK(others.back().confidences != problems.back().confidences);
}

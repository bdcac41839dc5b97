// What holds for every exit-time law, and each against its definition.

#include "plan/laws.hpp"

#include "catch.hpp"
#include "problems.hpp"
#include "reference.hpp"
#include "support.hpp"

#include <einet/plan/expectation.hpp>

#include <random>
#include <string>

using namespace einet;
using namespace einet::test;

TEST_CASE("a law never falls and stays in [0, 1]", "[plan][laws]") {
  for_each_law(2.0, [](const auto& law, const std::string& name) {
    static_assert(exit_time_law<std::remove_cvref_t<decltype(law)>>);
    CAPTURE(name);
    double before = 0;
    for (double t = -0.5; t < 3; t += 1.0 / 512) {
      const double now = law.cdf(t);
      CHECK(now >= before);
      CHECK(now <= 1);
      if (t <= 0) CHECK(now == 0);
      before = now;
    }
    auto copy = law;
    copy = law;
    CHECK(copy.cdf(1.1) == law.cdf(1.1));
  });
}

TEST_CASE("expectation equals Algorithm 1 under every law", "[plan][laws]") {
  std::mt19937_64 random(61);
  for (std::size_t run = 0; run < cases(200); ++run) {
    const auto problem = random_problem<12>(random, Confidences::noisy, Branches::random, run % 2 == 1);
    ExitPlan<12> plan;
    for (std::size_t k = problem.first; k < 12; ++k)
      if (random() % 2 == 0) plan.insert(k);
    for_each_law(problem.times.total(), [&](const auto& law, const std::string& name) {
      CAPTURE(run, name);
      CHECK_THAT(expectation(problem, plan, law), WithinAbs(cal_exp(plain(problem, law), bits(plan)), 1e-9));
    });
  }
}

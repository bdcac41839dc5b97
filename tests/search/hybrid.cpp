#include "catch.hpp"
#include "problems.hpp"
#include "reference.hpp"
#include "support.hpp"

#include <einet/plan/uniform.hpp>
#include <einet/search/hybrid.hpp>

#include <random>

using namespace einet::test;
using einet::HybridSearch;
using einet::Uniform;

static_assert(einet::search<HybridSearch, 14, Uniform>);

TEST_CASE("hybrid search follows Algorithm 2 line by line", "[search][hybrid]") {
  std::mt19937_64 random(21);
  for (const Confidences kind : all_confidences)
    for (const Branches cost : all_branches)
      for (std::size_t run = 0; run < cases(8); ++run)
        for (std::size_t m = 0; m <= 10; ++m) {
          CAPTURE(static_cast<int>(kind), static_cast<int>(cost), run, m);
          const auto problem = random_problem<10>(random, kind, cost, run % 2 == 1);
          const Uniform law{problem.times.total()};
          const PlainProblem truth = plain(problem, law);
          const auto found = HybridSearch{m}(problem, law);
          CHECK_THAT(found.worth, WithinAbs(hybrid(truth, m).worth, 1e-9));
          CHECK_THAT(found.worth, WithinAbs(cal_exp(truth, bits(found.plan)), 1e-12));
        }
}

TEST_CASE("hybrid search returns the enumerated optimum when greedy cannot improve it", "[search][hybrid]") {
  std::mt19937_64 random(22);
  for (std::size_t run = 0; run < cases(50); ++run) {
    const auto problem = random_problem<10>(random, Confidences::noisy, Branches::random, false);
    const Uniform law{problem.times.total()};
    const auto enumerated = einet::EnumerationSearch{3}(problem, law);
    const auto found = HybridSearch{3}(problem, law);
    CHECK(found.worth >= enumerated.worth);
    if (found.worth == enumerated.worth) CHECK(found.plan == enumerated.plan);
  }
}

#include "catch.hpp"
#include "problems.hpp"
#include "reference.hpp"
#include "support.hpp"

#include <einet/plan/uniform.hpp>
#include <einet/search/enumeration.hpp>

#include <random>

using namespace einet::test;
using einet::EnumerationSearch;
using einet::Uniform;

static_assert(einet::search<EnumerationSearch, 14, Uniform>);

TEST_CASE("enumeration returns the best plan of at most m exits", "[search][enumeration]") {
  std::mt19937_64 random(11);
  for (const Confidences kind : all_confidences)
    for (const Branches cost : all_branches)
      for (std::size_t run = 0; run < cases(12); ++run) {
        const auto problem = random_problem<9>(random, kind, cost, run % 2 == 1);
        const Uniform law{problem.times.total()};
        for (std::size_t most = 0; most <= 9; ++most) {
          CAPTURE(static_cast<int>(kind), static_cast<int>(cost), run, most);
          const PlainProblem truth = plain(problem, law);
          const auto found = EnumerationSearch{most}(problem, law);
          CHECK_THAT(found.worth, WithinAbs(brute_force(truth, most).worth, 1e-12));
          CHECK_THAT(found.worth, WithinAbs(cal_exp(truth, bits(found.plan)), 1e-12));
          CHECK(found.plan.count() <= most);
          CHECK(found.optimal == (most >= 9 - problem.first));
        }
      }
}

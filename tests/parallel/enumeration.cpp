#include "atoms.hpp"
#include "catch.hpp"
#include "plan/laws.hpp"
#include "problems.hpp"
#include "support.hpp"

#include <einet/paper/enumeration.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/parallel/enumeration.hpp>
#include <einet/plan/point_mass.hpp>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

using namespace einet::test;
using einet::Found;
using einet::Problem;

static_assert(einet::plan_search<einet::parallel::EnumerationSearch, 14, einet::Uniform>);
static_assert(einet::plan_search<einet::parallel::HybridSearch, 14, einet::PointMass>);

namespace {

template <class Parallel, class Serial, std::size_t N, class Law>
void finds_the_same(const Parallel& parallel, const Serial& serial, const Problem<N>& problem,
                    const Law& law) {
  const Found<N> expected = serial(problem, law);
  for (const int threads : {1, 2, 3, 8}) {
    tbb::task_arena arena(threads);
    const Found<N> found = arena.execute([&] { return parallel(problem, law); });
    CAPTURE(threads, to_string(expected.plan), to_string(found.plan));
    CHECK(found.plan == expected.plan);
    CHECK(found.worth == expected.worth);  // to the last bit
    CHECK(found.optimal == expected.optimal);
    CHECK(found.bound == expected.bound);
  }
}

template <std::size_t N>
void finds_the_same(std::uint64_t seed, std::size_t problems, std::size_t most) {
  const tbb::global_control more_than_processors(tbb::global_control::max_allowed_parallelism, 8);
  std::mt19937_64 random(seed);
  for (std::size_t run = 0; run < problems; ++run) {
    const auto problem = random_problem<N>(random, even_tying_confidences[run % 6],
                                           even_idle_branches[run / 2 % 4], run % 3 == 1);
    const auto under = [&](const auto& law, const std::string& name) {
      for (const bool prune : {true, false}) {
        CAPTURE(N, seed, run, name, most, prune);
        finds_the_same(einet::parallel::EnumerationSearch{most, prune}, einet::EnumerationSearch{most, prune},
                       problem, law);
      }
      CAPTURE(N, seed, run, name, most);
      finds_the_same(einet::parallel::HybridSearch{most}, einet::HybridSearch{most}, problem, law);
    };
    for_each_law(problem.times.total(), under);
    std::mt19937_64 moments(seed + run);
    for_each_law_with_atoms(moments, problem, problem.times.total(), under);
  }
}

}  // namespace

TEST_CASE("the plan found does not depend on the number of threads", "[parallel][enumeration]") {
  finds_the_same<1>(1, cases(6), 1);
  finds_the_same<14>(2, cases(12), 14);
  finds_the_same<14>(3, cases(24), 5);
  finds_the_same<40>(4, cases(12), 3);
}

#include "architectures.hpp"
#include "catch.hpp"
#include "paper/plain_greedy.hpp"
#include "problems.hpp"
#include "reference.hpp"
#include "search/every_plan.hpp"
#include "search/states.hpp"
#include "support.hpp"

#include <einet/paper/enumeration.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/plan/uniform.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>

using namespace einet::test;
using einet::BasicHybridSearch;
using einet::EnumerationSearch;
using einet::HybridSearch;
using einet::Problem;
using einet::Uniform;

static_assert(einet::plan_search<HybridSearch, 14, Uniform>);
static_assert(einet::plan_search<HybridSearch, 14, einet::PointMass>);

namespace {

/// Line by line: the enumerated optimum, which has its own test, and plain greedy additions to it.
template <class Arch, std::size_t N>
void adds_to_the_enumerated_optimum(std::uint64_t seed, std::size_t problems,
                                    std::initializer_list<std::size_t> enumerated) {
  std::size_t compared = 0;
  std::size_t unclear = 0;
  for_each_state<N>(seed, problems, [&](const Problem<N>& problem, const NamedLaw& law) {
    const PlainProblem truth = plain(problem, law.any);
    for (const std::size_t m : enumerated) {
      const auto start = solved(EnumerationSearch{m}, problem, law);
      const auto found = solved(BasicHybridSearch<Arch>{m}, problem, law);
      const PlainGreedy expected = extend_plainly(truth, bits(start.plan));
      CAPTURE(m, to_string(start.plan), to_string(found.plan), expected.plan);
      CHECK_THAT(found.worth, WithinAbs(cal_exp(truth, bits(found.plan)), 1e-9));
      CHECK(found.worth >= start.worth - 1e-12);
      CHECK(found.optimal == (m >= N - problem.first));
      ++compared;
      unclear += expected.decided_by_rounding ? 1U : 0U;
      if (expected.decided_by_rounding) continue;
      CHECK_THAT(found.worth, WithinAbs(expected.worth, 1e-9));
      CHECK(bits(found.plan) == expected.plan);
    }
  });
  CAPTURE(N, seed, compared, unclear);
  CHECK(unclear * 5 <= compared);
}

}  // namespace

TEST_CASE("hybrid search follows Algorithm 2 line by line", "[search][hybrid]") {
  std::mt19937_64 random(21);
  for (const Confidences kind : all_confidences)
    for (const Branches cost : all_branches)
      for (std::size_t run = 0; run < cases(8); ++run)
        for (std::size_t m = 0; m <= 9; ++m) {
          CAPTURE(static_cast<int>(kind), static_cast<int>(cost), run, m);
          const auto problem = random_problem<9>(random, kind, cost, run % 2 == 1);
          const Uniform law{problem.times.total()};
          const PlainProblem truth = plain(problem, law);
          const auto found = HybridSearch{m}(problem, law);
          CHECK_THAT(found.worth, WithinAbs(hybrid(truth, m).worth, 1e-9));
          CHECK_THAT(found.worth, WithinAbs(cal_exp(truth, bits(found.plan)), 1e-12));
        }
}

TEST_CASE("hybrid search adds greedily to the enumerated optimum, under every law and in any state",
          "[search][hybrid]") {
  using Arch = einet::simd::default_arch;
  adds_to_the_enumerated_optimum<Arch, 9>(23, cases(84), {0, 1, 2, 5, 9});
  adds_to_the_enumerated_optimum<Arch, 40>(24, cases(21), {0, 1, 3});
  for_each_arch([](auto arch) { adds_to_the_enumerated_optimum<decltype(arch), 40>(25, cases(14), {2}); });
}

TEST_CASE("hybrid search that enumerates every plan finds the best one", "[search][hybrid]") {
  for_each_state<9>(26, cases(84), [](const Problem<9>& problem, const NamedLaw& law) {
    const EveryPlan truth(problem, law.any);
    const auto found = solved(HybridSearch{9}, problem, law);
    CHECK_THAT(found.worth, WithinAbs(truth.best(), 1e-9));
    CHECK_THAT(found.worth, WithinAbs(truth.worth(found.plan), 1e-9));
    CHECK(found.optimal);
    for (std::size_t m = 0; m < 5; ++m)
      CHECK(solved(HybridSearch{m}, problem, law).worth <= truth.best() + 1e-9);
  });
}

TEST_CASE("hybrid search returns the enumerated optimum when greedy cannot improve it", "[search][hybrid]") {
  std::mt19937_64 random(22);
  for (std::size_t run = 0; run < cases(50); ++run) {
    const auto problem = random_problem<9>(random, Confidences::noisy, Branches::random, false);
    const Uniform law{problem.times.total()};
    const auto enumerated = EnumerationSearch{3}(problem, law);
    const auto found = HybridSearch{3}(problem, law);
    CHECK(found.worth >= enumerated.worth);
    if (found.worth == enumerated.worth) CHECK(found.plan == enumerated.plan);
  }
}

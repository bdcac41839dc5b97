#include "architectures.hpp"
#include "catch.hpp"
#include "problems.hpp"
#include "reference.hpp"
#include "search/every_plan.hpp"
#include "search/states.hpp"
#include "support.hpp"

#include <einet/base/random_bits.hpp>
#include <einet/paper/random.hpp>
#include <einet/plan/point_mass.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>

using namespace einet::test;
using einet::BasicRandomSearch;
using einet::Problem;
using einet::RandomSearch;
using einet::Uniform;

static_assert(einet::plan_search<RandomSearch, 14, Uniform>);
static_assert(einet::plan_search<RandomSearch, 14, einet::PointMass>);

namespace {

/// The best of the empty plan and the plans that the documentation says are drawn.
template <std::size_t N>
double redrawn(const Problem<N>& problem, const NamedLaw& law, std::size_t plans, std::uint64_t seed) {
  const PlainProblem truth = plain(problem, law.any);
  double best = cal_exp(truth, Bits(N, false));
  constexpr std::size_t words = (N + 63) / 64;
  for (std::size_t i = 0; i < plans; ++i) {
    Bits plan(N, false);
    for (std::size_t k = problem.first; k < N; ++k)
      plan[k] = (einet::random_bits(seed, i * words + k / 64) >> (k % 64) & 1U) != 0;
    best = (std::max)(best, cal_exp(truth, plan));
  }
  return best;
}

template <class Arch, std::size_t N>
void finds_the_best_drawn(std::uint64_t seed, std::size_t problems, std::size_t plans) {
  std::uint64_t drawn = seed;
  for_each_state<N>(seed, problems, [&](const Problem<N>& problem, const NamedLaw& law) {
    const auto found = solved(BasicRandomSearch<Arch>{plans, ++drawn}, problem, law);
    CAPTURE(plans, drawn);
    CHECK_THAT(found.worth, WithinAbs(redrawn(problem, law, plans, drawn), 1e-9));
    CHECK_THAT(found.worth, WithinAbs(cal_exp(plain(problem, law.any), bits(found.plan)), 1e-9));
    CHECK((!found.plan.next(0) || *found.plan.next(0) >= problem.first));
    CHECK(found.optimal == (problem.first == N));
  });
}

}  // namespace

TEST_CASE("random search returns the best of the plans it says it draws", "[search][random]") {
  using Arch = einet::simd::default_arch;
  finds_the_best_drawn<Arch, 1>(51, cases(21), 20);
  finds_the_best_drawn<Arch, 5>(52, cases(42), 100);
  finds_the_best_drawn<Arch, 40>(53, cases(21), 333);
  finds_the_best_drawn<Arch, 64>(54, cases(7), 64);
  finds_the_best_drawn<Arch, 65>(55, cases(14), 130);
}

TEST_CASE("random search draws the same on every instruction set", "[search][random]") {
  for_each_arch([](auto arch) { finds_the_best_drawn<decltype(arch), 40>(56, cases(14), 77); });
}

TEST_CASE("random search claims no more than the optimum, and reaches it with enough plans",
          "[search][random]") {
  for_each_state<5>(57, cases(84), [](const Problem<5>& problem, const NamedLaw& law) {
    const EveryPlan truth(problem, law.any);
    CHECK(solved(RandomSearch{10}, problem, law).worth <= truth.best() + 1e-9);
    CHECK_THAT(solved(RandomSearch{2000}, problem, law).worth, WithinAbs(truth.best(), 1e-9));
  });
}

TEST_CASE("of the plans of equal worth that are drawn random search returns the one that precedes",
          "[search][random]") {
  for_each_tied<5>(58, cases(120), [](const Problem<5>& problem, const NamedLaw& law) {
    const EveryPlan truth(problem, law.any);
    CHECK(to_string(solved(RandomSearch{2000}, problem, law).plan) == to_string(truth.preceding(1e-13)));
  });
}

TEST_CASE("the seed decides what random search draws, and without draws the plan is empty",
          "[search][random]") {
  std::mt19937_64 random(59);
  const auto problem = random_problem<40>(random, Confidences::rising, Branches::random, false);
  const Uniform law{problem.times.total()};
  const auto found = RandomSearch{1000, 1}(problem, law);
  CHECK(RandomSearch{1000, 1}(problem, law).plan == found.plan);
  CHECK(RandomSearch{1000, 1}(problem, law).worth == found.worth);
  CHECK_FALSE(RandomSearch{1000, 2}(problem, law).plan == found.plan);
  for (const std::size_t fewer : {1U, 63U, 64U, 65U, 999U})
    CHECK(RandomSearch{fewer, 1}(problem, law).worth <= found.worth);
  CHECK(RandomSearch{0, 1}(problem, law).plan.empty());
  CHECK(RandomSearch{0, 1}(problem, law).worth == 0);
}

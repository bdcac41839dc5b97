#include "catch.hpp"
#include "plan/laws.hpp"
#include "problems.hpp"
#include "reference.hpp"
#include "support.hpp"

#include <einet/search/random.hpp>

#include <random>
#include <string>

using namespace einet::test;
using einet::ExitPlan;
using einet::RandomSearch;
using einet::Uniform;

static_assert(einet::search<RandomSearch, 14, Uniform>);

namespace {

/// The best of the empty plan and those that the documentation says are drawn.
template <std::size_t N, class Law>
double redrawn(const einet::Problem<N>& problem, const Law& law, std::size_t plans, std::uint64_t seed) {
  const PlainProblem truth = plain(problem, law);
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

template <std::size_t N>
void finds_the_best_drawn(std::uint64_t seed, std::size_t problems, std::size_t plans) {
  std::mt19937_64 random(seed);
  for (std::size_t run = 0; run < problems; ++run) {
    const auto problem =
        random_problem<N>(random, all_confidences[run % 4], all_branches[run % 3], run % 2 == 1);
    for_each_law(problem.times.total(), [&](const auto& law, const std::string& name) {
      CAPTURE(N, seed, run, name);
      const auto found = RandomSearch{plans, run}(problem, law);
      CHECK_THAT(found.worth, WithinAbs(redrawn(problem, law, plans, run), 1e-9));
      CHECK_THAT(found.worth, WithinAbs(cal_exp(plain(problem, law), bits(found.plan)), 1e-9));
      CHECK_FALSE((found.plan.next(0) && *found.plan.next(0) < problem.first));
      if (N <= 9) CHECK(found.worth <= brute_force(plain(problem, law), N).worth + 1e-9);
    });
  }
}

}  // namespace

TEST_CASE("random search returns the best of the plans it says it draws", "[search][random]") {
  finds_the_best_drawn<1>(1, cases(8), 20);
  finds_the_best_drawn<9>(2, cases(12), 100);
  finds_the_best_drawn<40>(3, cases(8), 333);
  finds_the_best_drawn<100>(4, cases(3), 130);
}

TEST_CASE("the seed decides what random search draws, and none drawn leaves the empty plan",
          "[search][random]") {
  std::mt19937_64 random(5);
  const auto problem = random_problem<40>(random, Confidences::rising, Branches::random, false);
  const Uniform law{problem.times.total()};
  CHECK(RandomSearch{1000, 1}(problem, law).plan == RandomSearch{1000, 1}(problem, law).plan);
  CHECK_FALSE(RandomSearch{1000, 1}(problem, law).plan == RandomSearch{1000, 2}(problem, law).plan);
  CHECK(RandomSearch{0, 1}(problem, law).plan.empty());
}

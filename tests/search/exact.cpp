#include "any_law.hpp"
#include "atoms.hpp"
#include "catch.hpp"
#include "every_plan.hpp"
#include "plan/laws.hpp"
#include "problems.hpp"
#include "reference.hpp"
#include "sanitized.hpp"
#include "support.hpp"

#include <einet/paper/enumeration.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/plan/output_time.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/search/exact.hpp>
#include <einet/search/label_pool.hpp>
#include <einet/search/label_search.hpp>
#include <einet/search/longest_path.hpp>
#include <einet/search/search.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace einet::test;
using einet::BasicExactSearch;
using einet::ExactSearch;
using einet::ExitPlan;
using einet::Found;
using einet::Problem;
using einet::Uniform;

static_assert(einet::plan_search<ExactSearch, 14, Uniform>);
static_assert(einet::plan_search<ExactSearch, 14, einet::PointMass>);
static_assert(!einet::plan_search<ExactSearch, 14, int>);

namespace {

/// visit(problem, run) for `problems` problems of every kind, half of them in mid-run.
template <std::size_t N, class Visit>
void for_each_kind(std::uint64_t seed, std::size_t problems, Visit&& visit) {
  std::mt19937_64 random(seed);
  for (const Confidences kind : even_tying_confidences)
    for (const Branches cost : even_idle_branches)
      for (std::size_t run = 0; run < problems; ++run) {
        CAPTURE(seed, static_cast<int>(kind), static_cast<int>(cost), run);
        visit(random_problem<N>(random, kind, cost, run % 2 == 1));
      }
}

template <std::size_t N>
bool keeps_to_the_exits_to_come(const Problem<N>& problem, const ExitPlan<N>& plan) {
  return !plan.next(0) || *plan.next(0) >= problem.first;
}

/// Laws of every kind over `total` seconds, and laws that step at outputs of the problem.
template <std::size_t N>
std::vector<NamedLaw> every_law(const Problem<N>& problem, double total) {
  std::vector<NamedLaw> laws = all_laws(total);
  std::mt19937_64 moments(std::bit_cast<std::uint64_t>(total));
  for (NamedLaw& law : laws_with_atoms(moments, problem, total)) laws.push_back(std::move(law));
  return laws;
}

/// Compares the result of the search on a problem with all its plans.
template <std::size_t N>
void check(const Problem<N>& problem, const NamedLaw& law) {
  INFO(law.name);
  const EveryPlan truth(problem, law.any);
  const Found<N> starved = solved(BasicExactSearch<2>{}, problem, law);
  CHECK(starved.bound >= truth.best() - 1e-9);
  CHECK(starved.bound >= starved.worth);
  if (starved.optimal) CHECK_THAT(starved.worth, WithinAbs(truth.best(), 1e-9));
  const Found<N> found = solved(ExactSearch{}, problem, law);
  CHECK(found.optimal);
  CHECK(found.bound == found.worth);
  CHECK_THAT(found.worth, WithinAbs(truth.best(), 1e-9));
  CHECK_THAT(found.worth, WithinAbs(truth.worth(found.plan), 1e-9));
  CHECK(keeps_to_the_exits_to_come(problem, found.plan));
}

template <std::size_t N>
void equals_brute_force(std::uint64_t seed, std::size_t problems) {
  for_each_kind<N>(seed, problems, [](const Problem<N>& problem) {
    for (const NamedLaw& law : every_law(problem, problem.times.total())) check(problem, law);
  });
}

}  // namespace

TEST_CASE("the brute force for large numbers of plans equals the plain one", "[search][exact]") {
  for_each_kind<8>(1, cases(2), [](const Problem<8>& problem) {
    for (const NamedLaw& law : all_laws(problem.times.total())) {
      INFO(law.name);
      const PlainProblem truth = plain(problem, law.any);
      const EveryPlan every(problem, law.any);
      const PlainFound best = brute_force(truth, 8);
      CHECK_THAT(every.best(), WithinAbs(best.worth, 1e-12));
      CHECK_THAT(every.worth(every.preceding(0)), WithinAbs(best.worth, 1e-12));
      for (std::size_t code = 0; code < 256; ++code) {
        ExitPlan<8> plan;
        for (std::size_t k = 0; k < 8; ++k)
          if ((code >> k & 1U) != 0) plan.insert(k);
        CHECK_THAT(every.worth(plan), WithinAbs(cal_exp(truth, bits(plan)), 1e-12));
      }
    }
  });
}

TEST_CASE("exact search equals brute force under every law", "[search][exact]") {
  equals_brute_force<1>(2, cases(20));
  equals_brute_force<3>(4, cases(120));
  equals_brute_force<8>(6, cases(120));
  equals_brute_force<12>(7, cases(40));
}

TEST_CASE("exact search equals brute force under the laws as they are, each of its own type",
          "[search][exact]") {
  for_each_kind<8>(5, cases(10), [](const Problem<8>& problem) {
    const double total = problem.times.total();
    const auto under = [&](const auto& law, const std::string& name) {
      CAPTURE(name);
      const EveryPlan truth(problem, law);
      CHECK_THAT(ExactSearch{}(problem, law).worth, WithinAbs(truth.best(), 1e-9));
    };
    for_each_type_of_law(total, under);
    std::mt19937_64 moments(std::bit_cast<std::uint64_t>(total));
    for_each_type_of_law_with_atoms(moments, problem, total, under);
  });
}

TEST_CASE("exact search equals brute force on 16 exits", "[search][exact]") {
  std::mt19937_64 random(8);
  for (std::size_t run = 0; run < cases(50); ++run) {
    const Confidences kind = even_tying_confidences[run % std::size(even_tying_confidences)];
    const auto problem = random_problem<16>(random, kind, Branches::random, run % 5 == 4);
    CAPTURE(run, static_cast<int>(kind));
    for (const NamedLaw& law : every_law(problem, problem.times.total())) check(problem, law);
  }
}

TEST_CASE("exact search equals brute force from every state that a run can reach", "[search][exact]") {
  constexpr std::size_t n = 8;
  for_each_kind<n>(9, cases(2), [](const Problem<n>& start) {
    // One bit per exit; the highest has just been run.
    for (std::size_t ran = 1; ran < (1U << n); ran += sanitized ? 5 : 1) {
      Problem<n> state = start;
      state.first = static_cast<std::size_t>(std::bit_width(ran));
      state.in_hand = start.confidences[state.first - 1];
      state.elapsed = 0;
      for (std::size_t k = 0; k < state.first; ++k)
        state.elapsed += start.times.conv[k] + ((ran >> k & 1U) != 0 ? start.times.branch[k] : 0);
      CAPTURE(ran);
      for (const NamedLaw& law : every_law(state, start.times.total())) check(state, law);
    }
  });
}

TEST_CASE("among plans of equal worth the exact search takes the one that precedes all others",
          "[search][exact]") {
  // Times are whole numbers, confidences eighths and plateaus of them: plans tie to the last bits or differ
  // by far more.
  std::mt19937_64 random(10);
  std::size_t tied = 0;
  for (std::size_t run = 0; run < cases(3000); ++run) {
    Problem<8> problem;
    const bool free = run % 2 == 0;
    for (std::size_t k = 0; k < 8; ++k) {
      problem.times.conv[k] = static_cast<double>(random() % 3);
      problem.times.branch[k] = free ? 0 : static_cast<double>(random() % 3);
      problem.confidences[k] = static_cast<float>(random() % 9) / 8;
    }
    problem.times.conv[7] += 1;
    if (run % 3 == 0) std::sort(problem.confidences.begin(), problem.confidences.end());
    if (run % 7 == 0) problem.confidences.fill(0.625f);
    if (run % 4 == 3) {
      problem.first = random() % 9;
      problem.elapsed = static_cast<double>(random() % 11);
      problem.in_hand = static_cast<float>(random() % 9) / 8;
    }
    for (const NamedLaw& law : every_law(problem, problem.times.total())) {
      CAPTURE(run, law.name, problem.times.conv, problem.times.branch, problem.confidences, problem.first,
              problem.elapsed, problem.in_hand);
      const EveryPlan truth(problem, law.any);
      const ExitPlan<8> first = truth.preceding(1e-13);
      tied += truth.ties(1e-13) > 1 ? 1U : 0U;
      const Found<8> found = solved(ExactSearch{}, problem, law);
      CHECK(to_string(found.plan) == to_string(first));
      CHECK_THAT(found.worth, WithinAbs(truth.best(), 1e-12));
    }
  }
  CHECK(tied >= cases(1000));
}

TEST_CASE("an output that is ready exactly at the end of all parts is in time for a deadline there",
          "[search][exact]") {
  const Problem<3> problem{{{0, 1e-3, 4e-3}, {0, 2e-4, 2e-4}}, {0, 0.5f, 0.9f}};
  const double total = problem.times.total();
  const einet::Mixture mixture{std::array{0.5, 0.5}, einet::PointMass{total}, Uniform{total}};
  const AnyLaw law(mixture);
  const double both = cal_exp(plain(problem, law), {false, true, true});
  CHECK_THAT(both, WithinAbs(0.6444, 1e-4));
  CHECK_THAT(einet::expectation(problem, ExitPlan<3>{1, 2}, law), WithinAbs(both, 1e-12));
  const Found<3> found = ExactSearch{}(problem, law);
  CHECK(found.plan == ExitPlan<3>{1, 2});
  CHECK(found.optimal);
  CHECK_THAT(found.worth, WithinAbs(both, 1e-12));
  CHECK(einet::EnumerationSearch{}(problem, law).plan == ExitPlan<3>{1, 2});
}

TEST_CASE("exact search equals brute force if the time left is tiny compared with that elapsed",
          "[search][exact]") {
  std::mt19937_64 random(12);
  for (std::size_t run = 0; run < cases(600); ++run) {
    auto problem = random_problem<8>(random, even_tying_confidences[run % 6], even_idle_branches[run / 6 % 4],
                                     run % 2 == 1);
    problem.elapsed = problem.times.total() * std::pow(10.0, static_cast<double>(3 + run % 13));
    CAPTURE(run, problem.first, problem.elapsed);
    for (const NamedLaw& law : laws_with_atoms(random, problem, 2 * problem.elapsed)) check(problem, law);
  }
}

TEST_CASE("exact search skips exits that add nothing", "[search][exact]") {
  Problem<4> problem{{{1, 1, 1, 1}, {0, 0, 0, 0}}, {0.5f, 0.5f, 0.5f, 0.5f}};
  CHECK(ExactSearch{}(problem, Uniform{4}).plan == ExitPlan<4>{0});  // later ones add nothing
  problem.in_hand = 0.5f;
  CHECK(ExactSearch{}(problem, Uniform{4}).plan.empty());
  problem.in_hand = 0;
  problem.elapsed = 10;  // nothing of the law is left: the last of the best exits
  CHECK(ExactSearch{}(problem, Uniform{4}).plan == ExitPlan<4>{3});
  problem.confidences = {0.5f, 0.75f, 0.75f, 0.25f};
  CHECK(ExactSearch{}(problem, Uniform{4}).plan == ExitPlan<4>{2});
}

TEST_CASE("the dearer time is, the shorter the best plan", "[search][exact]") {
  std::mt19937_64 random(31);
  std::size_t shorter = 0;
  for (std::size_t run = 0; run < cases(200); ++run) {
    auto problem = random_problem<12>(random, even_tying_confidences[run % 6],
                                      even_idle_branches[run / 6 % 4], run % 2 == 1);
    const double total = problem.times.total();
    for (const NamedLaw& law : every_law(problem, total)) {
      CAPTURE(run, law.name, problem.first);
      double before = HUGE_VAL, free = 0;
      for (const double price : {0.0, .03, .1, .3, 1.0, 3.0, 1e3, 1e9}) {
        problem.price = price / total;
        const Found<12> found = solved(ExactSearch{}, problem, law);
        const double busy = einet::busy_seconds(problem, found.plan);
        CHECK(busy <= before + 1e-12 * total);
        if (price == 0) free = found.worth;
        CHECK(found.worth <= free + 1e-12);
        shorter += busy < .99 * before && before < HUGE_VAL ? 1U : 0U;
        before = busy;
      }
      CHECK(before <= 1e-9 * total);  // what costs no time may be run at any price
    }
  }
  CHECK(shorter > cases(200));
}

TEST_CASE("a plan is as short as its price demands", "[search][exact]") {
  // Exits after 1, 2 and 3 seconds; under the uniform law the last adds .3 · 1/4 for its second.
  Problem<3> problem{{{1, 1, 1}, {0, 0, 0}}, {.4f, .6f, .9f}};
  const auto plan_at = [&](double price) {
    problem.price = price;
    return ExactSearch{}(problem, Uniform{4}).plan;
  };
  CHECK(plan_at(0) == ExitPlan<3>{0, 1, 2});
  CHECK(plan_at(.074) == ExitPlan<3>{0, 1, 2});
  CHECK(plan_at(.089) == ExitPlan<3>{0, 1});  // together, the last two add .2 · 1/2 + .3 · 1/4 in 2 seconds
  CHECK(plan_at(.11) == ExitPlan<3>{0});
  CHECK(plan_at(.31).empty());
  problem.price = .089;
  CHECK_THAT(ExactSearch{}(problem, Uniform{4}).worth, WithinAbs((.4 + 2 * .6) / 4 - 2 * .089, 1e-6));
}

TEST_CASE("exact search takes any finite price", "[search][exact]") {
  for_each_kind<5>(32, cases(4), [](Problem<5> problem) {
    for (const double price : {5e-324, 1e-300, 1e12, 1e30, 1e290, 1.7e308}) {
      problem.price = price;
      CAPTURE(price);
      for (const NamedLaw& law : every_law(problem, problem.times.total())) {
        INFO(law.name);
        const EveryPlan truth(problem, law.any);
        const Found<5> found = solved(ExactSearch{}, problem, law);
        CHECK(found.optimal);
        CHECK_THAT(found.worth, WithinAbs(truth.best(), 1e-9));
      }
    }
  });
}

TEST_CASE("a problem without exits left is answered by the empty plan", "[search][exact]") {
  const Problem<3> problem{{{1, 1, 1}, {1, 1, 1}}, {0.5f, 0.7f, 0.9f}, 0.25f, 3, 2.0};
  for (const NamedLaw& law : all_laws(6)) {
    INFO(law.name);
    const Found<3> found = solved(ExactSearch{}, problem, law);
    CHECK(found.plan.empty());
    CHECK_THAT(found.worth, WithinAbs(0.25, 1e-12));
    CHECK(found.optimal);
  }
}

TEST_CASE("the exact search takes denormal times and a law that ends before the profile", "[search][exact]") {
  const Problem<2> tiny{{{5e-324, 5e-324}, {5e-324, 5e-324}}, {0.5f, 0.7f}};
  CHECK(ExactSearch{}(tiny, Uniform{2e-323}).worth >= 0);
  for (const NamedLaw& law : all_laws(2e-308))
    check(Problem<3>{{{4e-309, 1e-309, 3e-309}, {4e-309, 2e-309, 6e-309}}, {0.5f, 0.7f, 0.6f}}, law);
  const Problem<3> late{{{1, 1, 1}, {0.1, 0.1, 0.1}}, {0.5f, 0.7f, 0.9f}};
  CHECK(ExactSearch{}(late, Uniform{1.5}).plan == ExitPlan<3>{0});  // the others come after every stop
}

TEST_CASE("a pool of labels that is too small is reported, with a valid plan and a bound on what it misses",
          "[search][exact]") {
  std::size_t starved = 0;
  std::size_t missed = 0;
  for_each_kind<12>(11, cases(20), [&](const Problem<12>& problem) {
    const AnyLaneLaw law(einet::TruncatedGaussian::of_horizon(0.5, 0.25).over(problem.times.total()));
    const EveryPlan truth(problem, law);
    const Found<12> found = BasicExactSearch<2>{}(problem, law);
    starved += found.optimal ? 0U : 1U;
    for (std::size_t k = problem.first; k < 12 && !found.optimal; ++k) {
      ExitPlan<12> other = found.plan;  // without exit k, or with it
      other.insert(k);
      if (found.plan.contains(k)) other.erase(k);
      CAPTURE(k);
      CHECK(expectation(problem, other, law) <= found.worth + 1e-9);
    }
    missed += found.worth < truth.best() - 1e-6 ? 1U : 0U;
    if (found.optimal) {
      CHECK_THAT(found.worth, WithinAbs(truth.best(), 1e-9));
      CHECK(found.bound == found.worth);
    }
    CHECK_THAT(found.worth, WithinAbs(truth.worth(found.plan), 1e-9));
    CHECK(found.bound >= found.worth);
    CHECK(found.bound >= truth.best() - 1e-9);
    CHECK(keeps_to_the_exits_to_come(problem, found.plan));
  });
  CHECK(starved > 0);
  CAPTURE(missed);
}

// Greedy, enumeration and hybrid search under every law, from every state, on every architecture.

#include "catch.hpp"
#include "counting_new.hpp"
#include "plan/laws.hpp"
#include "problems.hpp"
#include "reference.hpp"
#include "support.hpp"

#include <einet/search/exact.hpp>
#include <einet/search/hybrid.hpp>
#include <einet/search/random.hpp>

#include <random>
#include <string>

using namespace einet::test;
using einet::Problem;

namespace {

template <std::size_t N, class Visit>
void for_each_problem(std::uint64_t seed, std::size_t problems, Visit visit) {
  std::mt19937_64 random(seed);
  for (std::size_t run = 0; run < problems; ++run) {
    const auto problem =
        random_problem<N>(random, all_confidences[run % 4], all_branches[run % 3], run % 2 == 1);
    for_each_law(problem.times.total(), [&](const auto& law, const std::string& name) {
      CAPTURE(N, seed, run, name, problem.first);
      visit(problem, law);
    });
  }
}

template <class Arch>
void equals_the_paper(std::uint64_t seed, std::size_t problems) {
  for_each_problem<8>(seed, problems, [](const Problem<8>& problem, const auto& law) {
    const PlainProblem truth = plain(problem, law);
    for (std::size_t m = 0; m <= 8; ++m) {
      CAPTURE(m);
      const double enumerated = brute_force(truth, m).worth;
      for (const bool prune : {true, false}) {
        const auto found = einet::BasicEnumerationSearch<Arch>{m, prune}(problem, law);
        CHECK_THAT(found.worth, WithinAbs(enumerated, 1e-9));
        CHECK_THAT(found.worth, WithinAbs(cal_exp(truth, bits(found.plan)), 1e-9));
        CHECK(found.plan.count() <= m);
      }
      if (m != 0 && m != 2 && m != 8) continue;
      const auto found = einet::BasicHybridSearch<Arch>{m}(problem, law);
      CHECK_THAT(found.worth, WithinAbs(hybrid(truth, m).worth, 1e-9));
      CHECK_THAT(found.worth, WithinAbs(cal_exp(truth, bits(found.plan)), 1e-9));
    }
    const auto greedy = einet::BasicGreedySearch<Arch>{}(problem, law);
    CHECK_THAT(greedy.worth, WithinAbs(hybrid(truth, 0).worth, 1e-9));
    CHECK(greedy.worth <= brute_force(truth, 8).worth + 1e-9);
  });
}

}  // namespace

TEST_CASE("greedy, enumeration and hybrid search do what the paper says under every law", "[search][laws]") {
  equals_the_paper<einet::simd::default_arch>(1, cases(48));
  equals_the_paper<einet::simd::scalar>(2, cases(12));
}

TEST_CASE("pruning changes nothing but the time", "[search][enumeration]") {
  for_each_problem<40>(3, cases(6), [](const Problem<40>& problem, const auto& law) {
    const auto pruned = einet::EnumerationSearch{3}(problem, law);
    const auto literal = einet::EnumerationSearch{3, false}(problem, law);
    CHECK_THAT(pruned.worth, WithinAbs(literal.worth, 1e-12));
    CHECK(to_string(pruned.plan) == to_string(literal.plan));
  });
}

TEST_CASE("200 exits are enumerated and added greedily", "[search][enumeration]") {
  for_each_problem<200>(4, cases(2), [](const Problem<200>& problem, const auto& law) {
    const PlainProblem truth = plain(problem, law);
    const auto greedy = einet::GreedySearch{}(problem, law);
    const auto found = einet::EnumerationSearch{2}(problem, law);
    CHECK_THAT(greedy.worth, WithinAbs(cal_exp(truth, bits(greedy.plan)), 1e-9));
    CHECK_THAT(found.worth, WithinAbs(cal_exp(truth, bits(found.plan)), 1e-9));
    double best = cal_exp(truth, Bits(200, false));
    for (std::size_t k = problem.first; k < 200; k += 7)
      for (std::size_t l = k; l < 200; l += 5) {
        Bits plan(200, false);
        plan[k] = plan[l] = true;
        best = (std::max)(best, cal_exp(truth, plan));
      }
    CHECK(found.worth >= best - 1e-9);
  });
}

TEST_CASE("no search allocates", "[search][allocations]") {
  for_each_problem<40>(5, 4, [](const Problem<40>& problem, const auto& law) {
    const std::size_t before = allocations();
    double sum = einet::ExactSearch{}(problem, law).worth;
    sum += einet::GreedySearch{}(problem, law).worth;
    sum += einet::EnumerationSearch{3}(problem, law).worth;
    sum += einet::HybridSearch{3}(problem, law).worth;
    sum += einet::RandomSearch{100}(problem, law).worth;
    const std::size_t after = allocations();
    CHECK(after == before);
    CHECK(sum > 0);
  });
}

// Too many exits for brute force: exact search against every other search, and against itself by another way.

#include "any_law.hpp"
#include "atoms.hpp"
#include "catch.hpp"
#include "plan/laws.hpp"
#include "problems.hpp"
#include "reference.hpp"
#include "sanitized.hpp"
#include "support.hpp"

#include <einet/paper/greedy.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/paper/random.hpp>
#include <einet/search/exact.hpp>

#include <cstdint>
#include <iterator>
#include <random>
#include <string>

using namespace einet::test;
using einet::ExactSearch;
using einet::ExitPlan;
using einet::Found;
using einet::Problem;
using einet::Uniform;

namespace {

/// visit(problem) for `problems` problems of every kind, half of them in mid-run; for a fraction of all where
/// the environment asks for it (cases).
template <std::size_t N, class Visit>
void for_each_large(std::mt19937_64& random, std::size_t problems, Visit&& visit) {
  const std::size_t costs = std::size(even_idle_branches);
  const std::size_t all = std::size(even_tying_confidences) * costs * problems, count = cases(all);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = i * all / count, run = at % problems;
    const Confidences kind = even_tying_confidences[at / problems / costs];
    const Branches cost = even_idle_branches[at / problems % costs];
    CAPTURE(static_cast<int>(kind), static_cast<int>(cost), run);
    visit(random_problem<N>(random, kind, cost, run % 2 == 1));
  }
}

/// Every search's plan is scored in double by Algorithm 1. If the labels did not suffice, others may find
/// more, up to the bound, but greedy search at most a trifle.
/// @return the share of searches that reported that they are not exact
template <std::size_t N>
double no_other_finds_more(std::uint64_t seed, std::size_t problems) {
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  std::mt19937_64 moments(seed);
  std::size_t starved = 0, all = 0;
  for_each_large<N>(random, problems, [&](const Problem<N>& problem) {
    const auto under = [&](const NamedLaw& law) {
      INFO(law.name);
      const PlainProblem truth = plain(problem, law.any);
      const Found<N> found = solved(ExactSearch{}, problem, law);
      const double exact = cal_exp(truth, bits(found.plan));
      const double most = (found.optimal ? exact : found.bound) + 1e-9;
      starved += found.optimal ? 0U : 1U;
      ++all;
      CHECK_THAT(found.worth, WithinAbs(exact, 1e-9));
      const double greedy = cal_exp(truth, bits(solved(einet::GreedySearch{}, problem, law).plan));
      CHECK(exact >= greedy - (found.optimal ? 1e-9 : 5e-3));
      CHECK(most >= greedy);
      CHECK(most >= cal_exp(truth, bits(solved(einet::HybridSearch{2}, problem, law).plan)));
      CHECK(most >= cal_exp(truth, bits(solved(einet::RandomSearch{50}, problem, law).plan)));
      for (const unsigned share : {2U, 4U, 16U}) {  // one exit in this many
        ExitPlan<N> guess;
        for (std::size_t k = problem.first; k < N; ++k)
          if (random() % share == 0) guess.insert(k);
        CHECK(most >= cal_exp(truth, bits(guess)));
      }
    };
    for (const NamedLaw& law : all_laws(problem.times.total())) under(law);
    for (const NamedLaw& law : laws_with_atoms(moments, problem, problem.times.total())) under(law);
  });
  return static_cast<double>(starved) / static_cast<double>(all);
}

template <std::size_t N>
void both_ways(std::uint64_t seed, std::size_t problems) {
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for_each_large<N>(random, problems, [](const Problem<N>& problem) {
    const Uniform law{problem.times.total()};
    const Found<N> by_labels = ExactSearch{}(problem, AnyLaw(law));  // not known to be uniform
    const Found<N> by_paths = ExactSearch{}(problem, law);
    CHECK(by_paths.optimal);
    CHECK(by_labels.worth <= by_paths.worth + 1e-9);
    CHECK(by_labels.bound >= by_paths.worth - 1e-9);
    if (by_labels.optimal || N <= 40) CHECK_THAT(by_labels.worth, WithinAbs(by_paths.worth, 1e-9));
  });
}

}  // namespace

TEST_CASE("no other search finds more than the exact one on 40 exits", "[search][exact]") {
  CHECK(no_other_finds_more<40>(31, sanitized ? 8 : 12) == 0);
}

TEST_CASE("no other search finds more than the exact one on 100 exits", "[search][exact]") {
  // The pool of labels suffices for all but about one in a hundred; in a small sample it may be two.
  CHECK(no_other_finds_more<100>(32, sanitized ? 1 : 2) <= .02);
}

TEST_CASE("labels and longest paths find the same worth under the uniform law", "[search][exact]") {
  both_ways<12>(33, 40);
  both_ways<40>(34, 40);
  both_ways<256>(35, 2);
}

TEST_CASE("256 exits are searched exactly", "[search][exact]") {
  Problem<256> problem;
  for (std::size_t k = 0; k < 256; ++k) {
    problem.times.conv[k] = 1;
    problem.confidences[k] = static_cast<float>(k + 1) / 512;
  }
  // Branches cost nothing and confidences rise: every exit but the last is in hand for a second.
  ExitPlan<256> all_but_the_last = ExitPlan<256>::all();
  all_but_the_last.erase(255);
  const Found<256> every = ExactSearch{}(problem, Uniform{256});
  CHECK(every.plan == all_but_the_last);
  CHECK_THAT(every.worth, WithinAbs(255.0 * 256 / 2 / 512 / 256, 1e-9));

  std::mt19937_64 random(36);
  for_each_large<256>(random, 1, [](const Problem<256>& mixed) {
    const AnyLaneLaw law(einet::TruncatedGaussian::of_horizon(0.5, 0.25).over(mixed.times.total()));
    const PlainProblem truth = plain(mixed, law);
    const Found<256> found = ExactSearch{}(mixed, law);
    CHECK(found.bound >= found.worth);
    CHECK_THAT(found.worth, WithinAbs(cal_exp(truth, bits(found.plan)), 1e-9));
    // If the labels did not suffice, the plan may be worth a little less than what n^2/2 expectations find.
    const double greedy = cal_exp(truth, bits(einet::GreedySearch{}(mixed, law).plan));
    CHECK(found.worth >= greedy - (found.optimal ? 1e-9 : 1e-3));
    CHECK(found.bound >= greedy - 1e-9);
  });
}

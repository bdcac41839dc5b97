#include "catch.hpp"
#include "counting_new.hpp"
#include "pipelined_problems.hpp"
#include "support.hpp"

#include <einet/paper.hpp>
#include <einet/search/exact.hpp>
#include <einet/search/fixed_plan.hpp>
#include <einet/search/pipelined_search.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>

using namespace einet::test;
using einet::BasicExactSearch;
using einet::ExactSearch;
using einet::ExitPlan;
using einet::Found;
using einet::PipelinedProblem;
using einet::Problem;
using einet::Uniform;

static_assert(einet::pipelined_search<ExactSearch, 14, Uniform>);
static_assert(einet::pipelined_search<einet::FixedPlan<14>, 14, einet::PointMass>);
// The paper's searches add times as in turn.
static_assert(!einet::pipelined_search<einet::GreedySearch, 14, Uniform>);
static_assert(!einet::pipelined_search<einet::HybridSearch, 14, Uniform>);
static_assert(!einet::pipelined_search<einet::EnumerationSearch, 14, Uniform>);
static_assert(!einet::pipelined_search<einet::RandomSearch, 14, Uniform>);
static_assert(!einet::pipelined_search<einet::ThresholdSearch, 14, Uniform>);

namespace {

template <std::size_t N>
double horizon_of(const PipelinedProblem<N>& problem) {
  double total = problem.arrival[N - 1];
  for (const double branch : problem.branch) total += branch;
  return total;
}

template <std::size_t N, class Visit>
void for_each_pipelined(std::uint64_t seed, std::size_t problems, Visit&& visit) {
  std::mt19937_64 random(seed);
  for (const Confidences kind : even_tying_confidences)
    for (const Branches cost : even_idle_branches)
      for (std::size_t run = 0; run < problems; ++run) {
        CAPTURE(seed, static_cast<int>(kind), static_cast<int>(cost), run);
        const auto problem = random_pipelined<N>(random, kind, cost, run % 2 == 1);
        for (const NamedLaw& law : every_pipelined_law(random, problem, horizon_of(problem)))
          visit(problem, law);
      }
}

template <std::size_t N>
void equals_pipelined_brute_force(std::uint64_t seed, std::size_t problems) {
  for_each_pipelined<N>(seed, problems, [](const PipelinedProblem<N>& problem, const NamedLaw& law) {
    CAPTURE(law.name, problem.arrival, problem.branch, problem.confidences, problem.first, problem.elapsed,
            problem.in_hand, problem.price);
    const EveryPipelinedPlan<N> truth(problem, law.any);
    const Found<N> found = solved(ExactSearch{}, problem, law);
    CHECK(found.optimal);
    CHECK(found.bound == found.worth);
    CHECK_THAT(found.worth, WithinAbs(truth.best(), 1e-9));
    CHECK_THAT(found.worth, WithinAbs(truth.worth(found.plan), 1e-9));
    const Found<N> starved = solved(BasicExactSearch<2>{}, problem, law);
    CHECK(starved.bound >= truth.best() - 1e-9);
    CHECK_THAT(starved.worth, WithinAbs(truth.worth(starved.plan), 1e-9));
    if (starved.optimal) CHECK_THAT(starved.worth, WithinAbs(truth.best(), 1e-9));
  });
}

}  // namespace

TEST_CASE("exact search equals brute force where branches run beside the backbone", "[search][pipelined]") {
  equals_pipelined_brute_force<1>(1, cases(20));
  equals_pipelined_brute_force<3>(2, cases(60));
  equals_pipelined_brute_force<8>(3, cases(40));
  equals_pipelined_brute_force<11>(4, cases(4));
}

TEST_CASE("among pipelined plans of equal worth the exact search takes the one that precedes all others",
          "[search][pipelined]") {
  // Times are whole numbers, confidences eighths: plans tie to the last bits or differ by far more.
  std::mt19937_64 random(10);
  std::size_t tied = 0;
  for (std::size_t run = 0; run < cases(1500); ++run) {
    PipelinedProblem<7> problem;
    double arrival = 0;
    for (std::size_t k = 0; k < 7; ++k) {
      problem.arrival[k] = arrival += static_cast<double>(random() % 3);
      problem.branch[k] =
          run % 2 == 0 ? static_cast<double>(random() % 2) : static_cast<double>(random() % 5);
      problem.confidences[k] = static_cast<float>(random() % 9) / 8;
    }
    if (run % 3 == 0) std::sort(problem.confidences.begin(), problem.confidences.end());
    if (run % 4 == 3) {
      problem.first = random() % 8;
      problem.elapsed = static_cast<double>(random() % 8);
      problem.in_hand = static_cast<float>(random() % 9) / 8;
    }
    if (run % 5 == 4) problem.price = static_cast<double>(random() % 4) / 64;
    for (const NamedLaw& law : every_pipelined_law(random, problem, horizon_of(problem) + 1)) {
      CAPTURE(run, law.name, problem.arrival, problem.branch, problem.confidences, problem.first,
              problem.elapsed, problem.in_hand, problem.price);
      const EveryPipelinedPlan<7> truth(problem, law.any);
      tied += truth.ties(1e-13) > 1 ? 1U : 0U;
      const Found<7> found = solved(ExactSearch{}, problem, law);
      CHECK(to_string(found.plan) == to_string(truth.preceding(1e-13)));
    }
  }
  CHECK(tied >= cases(1000));
}

TEST_CASE("a longest path misses the best pipelined plan", "[search][pipelined]") {
  // Conv parts of 1 s; branches of 1.5 s, but the last takes none. Exit 0 delays exit 1 by half a second, and
  // that delays exit 2 no more than exit 1 alone does. In turn, exit 0 would delay both by 1.5 s.
  Problem<3> in_turn{{{1, 1, 1}, {1.5, 1.5, 0}}, {.5f, .6f, .9f}};
  const Uniform law{in_turn.times.total()};
  const PipelinedProblem<3> problem = einet::pipelined(in_turn);
  const auto worth = [&](const ExitPlan<3>& plan) { return expectation(problem, plan, law); };
  CHECK_THAT(worth(ExitPlan<3>{0, 1, 2}), WithinAbs((.5 * 1.5 + .9 * 2) / 6, 1e-6));  // at 2.5, 4 and 4 s
  CHECK_THAT(worth(ExitPlan<3>{0, 2}), WithinAbs((.5 * .5 + .9 * 3) / 6, 1e-6));      // at 2.5 and 3 s
  CHECK(ExactSearch{}(problem, law).plan == ExitPlan<3>{0, 2});
  CHECK(ExactSearch{}(in_turn, law).plan == ExitPlan<3>{2});
}

TEST_CASE("where branches are shorter than conv parts, every exit that adds something runs",
          "[search][pipelined]") {
  std::mt19937_64 random(5);
  for (std::size_t run = 0; run < cases(200); ++run) {
    PipelinedProblem<20> problem;
    double arrival = 0;
    float most = 0;
    ExitPlan<20> all;
    for (std::size_t k = 0; k < 20; ++k) {
      problem.arrival[k] = arrival += 1;
      problem.branch[k] = static_cast<double>(random() % 100) / 100;
      problem.confidences[k] = static_cast<float>(random() % 1000) / 1000;
      if (problem.confidences[k] > most) {
        most = problem.confidences[k];
        all.insert(k);
      }
    }
    const Uniform law{40};
    const Found<20> found = BasicExactSearch<21>{}(problem, law);  // one label for each exit
    CHECK(found.optimal);
    CHECK_THAT(found.worth, WithinAbs(expectation(problem, all, law), 1e-9));
  }
}

TEST_CASE("paths that are on time for the next conv part are one label", "[search][pipelined]") {
  // Exits in pairs: the first delays the second, but the conv part after them hides that.
  std::mt19937_64 random(7);
  for (std::size_t run = 0; run < cases(200); ++run) {
    PipelinedProblem<20> problem;
    double arrival = 0;
    for (std::size_t k = 0; k < 20; ++k) {
      problem.arrival[k] = arrival += k % 2 == 0 ? 10 : 1;
      problem.branch[k] = 1 + static_cast<double>(random() % 300) / 100;
      problem.confidences[k] = (static_cast<float>(k) + static_cast<float>(random() % 100) / 100) / 20;
    }
    // One label for each exit, and one for the start.
    CHECK(BasicExactSearch<21>{}(problem, Uniform{150}).optimal);
  }
}

TEST_CASE("a pipelined plan is charged for the time until its last output, not for both cores",
          "[search][pipelined]") {
  // The branches of the first two exits are hidden behind the conv parts after them.
  PipelinedProblem<3> problem;
  problem.arrival = {1, 2, 3};
  problem.branch = {.9, .9, 0};
  problem.confidences = {.5f, .55f, .6f};
  problem.price = .03;
  const Uniform law{10};
  CHECK_THAT(expectation(problem, ExitPlan<3>{0, 1, 2}, law),
             WithinAbs((.5 * 1 + .55 * .1 + .6 * 7) / 10 - .03 * 3, 1e-6));
  CHECK_THAT(busy_seconds(problem, ExitPlan<3>{0, 1, 2}), WithinAbs(3, 1e-12));
  CHECK(ExactSearch{}(problem, law).plan ==
        ExitPlan<3>{0, 1, 2});  // a branch of .9 s in vain would cost .027
  problem.price = .1;           // the last 1.1 of the three seconds add .07 for .11
  CHECK(ExactSearch{}(problem, law).plan == ExitPlan<3>{0});
}

TEST_CASE("where the law leaves nothing, the pipelined plan is the best single exit", "[search][pipelined]") {
  PipelinedProblem<3> problem;
  problem.arrival = {1, 2, 3};
  problem.branch = {1, 1, 1};
  problem.confidences = {.5f, .7f, .6f};
  problem.elapsed = 10;
  CHECK(ExactSearch{}(problem, Uniform{4}).plan == ExitPlan<3>{1});
  problem.in_hand = .8f;
  CHECK(ExactSearch{}(problem, Uniform{4}).plan.empty());
}

TEST_CASE("pipelined searches read worths as probabilities and take any finite price",
          "[search][pipelined]") {
  PipelinedProblem<3> problem;
  problem.arrival = {1, 2, 3};
  problem.branch = {.1, .1, .1};
  problem.confidences = {.5f, std::nanf(""), 7.f};
  const Found<3> found = ExactSearch{}(problem, Uniform{4});
  CHECK(found.plan == ExitPlan<3>{0, 2});
  problem.confidences = {.5f, 0.f, 1.f};
  CHECK(ExactSearch{}(problem, Uniform{4}).worth == found.worth);
  for (const double price : {1e12, 1e290, 1.7e308}) {
    problem.price = price;
    CHECK(ExactSearch{}(problem, Uniform{4}).plan.empty());
  }
}

TEST_CASE("the default pool of labels is enough for pipelined problems of 14 and 40 exits",
          "[search][pipelined]") {
  std::mt19937_64 random(6);
  const auto starved = [&]<std::size_t N>() {
    std::size_t count = 0;
    for (std::size_t run = 0; run < cases(300); ++run) {
      const auto problem = random_pipelined<N>(random, even_tying_confidences[run % 6],
                                               even_idle_branches[run / 6 % 4], run % 2);
      const double total = horizon_of(problem);
      count += ExactSearch{}(problem, Uniform{total}).optimal ? 0U : 1U;
      const auto gauss = einet::TruncatedGaussian::of_horizon(.5, .25).over(total);
      count += ExactSearch{}(problem, gauss).optimal ? 0U : 1U;
    }
    return count;
  };
  CHECK(starved.operator()<14>() == 0);
  CHECK(starved.operator()<40>() <= 6);
}

TEST_CASE(
    "pipelined plans for a number of exits known at run time are those of the exact size, to the last bit",
    "[search][pipelined]") {
  std::mt19937_64 random(9);
  for (std::size_t run = 0; run < cases(300); ++run) {
    const auto exact = random_pipelined<9>(random, even_tying_confidences[run % 6],
                                           even_idle_branches[run / 6 % 4], run % 2);
    PipelinedProblem<einet::up_to(32)> wide{einet::ExitCount<einet::up_to(32)>(9)};
    std::copy(exact.arrival.begin(), exact.arrival.end(), wide.arrival.begin());
    std::copy(exact.branch.begin(), exact.branch.end(), wide.branch.begin());
    std::copy(exact.confidences.begin(), exact.confidences.end(), wide.confidences.begin());
    wide.in_hand = exact.in_hand;
    wide.first = exact.first;
    wide.elapsed = exact.elapsed;
    wide.price = exact.price;
    const auto law = einet::TruncatedGaussian::of_horizon(.5, .25).over(horizon_of(exact));
    const auto narrow = ExactSearch{}(exact, law);
    const auto found = ExactSearch{}(wide, law);
    CHECK(to_string(found.plan, 9) == to_string(narrow.plan));
    CHECK(found.worth == narrow.worth);
    CHECK(found.bound == narrow.bound);
  }
}

TEST_CASE("a pipelined search keeps to the stack that it states, and allocates nothing",
          "[search][pipelined]") {
  // Its labels and bounds are part of what the search in turn has, which the statement covers.
  static_assert(sizeof(einet::detail::PipelinedSearch<ExactSearch::labels<14>, 14, Uniform>) <
                ExactSearch::stack_bytes<14> / 2);
  static_assert(sizeof(einet::detail::PipelinedSearch<ExactSearch::labels<256>, 256, Uniform>) <
                ExactSearch::stack_bytes<256> / 2);
  std::mt19937_64 random(10);
  const auto problem = random_pipelined<40>(random, Confidences::rising, Branches::random, false);
  const Uniform law{horizon_of(problem)};
  const std::size_t before = allocations();
  const auto found = ExactSearch{}(problem, law);
  CHECK(allocations() == before);
  CHECK(found.optimal);
}

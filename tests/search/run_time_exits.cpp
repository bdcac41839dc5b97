// Searches over a number of exits that is known only at run time find the plans of the exact size, to the
// last bit: for every number from 1 to 64, before the start and in mid-run, with and without ties.

#include "run_time_exits.hpp"

#include "catch.hpp"
#include "counting_new.hpp"
#include "problems.hpp"
#include "sanitized.hpp"
#include "search/every_plan.hpp"
#include "search/states.hpp"

#include <einet/paper/enumeration.hpp>
#include <einet/paper/greedy.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/paper/random.hpp>
#include <einet/paper/threshold.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/mixture.hpp>
#include <einet/plan/output_time.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/plan/truncated_gaussian.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/search/exact.hpp>
#include <einet/search/fixed_plan.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

using namespace einet;
using namespace einet::test;

namespace {

/// A moment when an output is ready.
template <std::size_t N>
double ready_time(const Problem<N>& problem) {
  const std::size_t to_come = problem.exit_count() - problem.first;
  return to_come == 0 ? problem.times.total()
                      : output_time(problem, ExitPlan<N>{}, problem.first + (2 * to_come - 1) / 3);
}

/// visit(law) with a smooth law, and with one that steps exactly when an output is ready.
template <std::size_t N, class Visit>
void for_two_laws(const Problem<N>& problem, Visit&& visit) {
  const double total = problem.times.total();
  visit(TruncatedGaussian::of_horizon(.5, .25).over(total));
  visit(Mixture{{.5, .3}, Uniform{.8 * total}, PointMass{ready_time(problem)}});
}

/// visit(law) with a law of each kind.
template <std::size_t N, class Visit>
void for_each_kind_of_law(const Problem<N>& problem, Visit&& visit) {
  visit(Uniform{problem.times.total()});
  visit(PointMass{ready_time(problem)});
  for_two_laws(problem, visit);
}

template <std::size_t N, std::size_t M>
void expect_same(const Found<N>& found, const Found<M>& wanted) {
  for (std::size_t k = 0; k < most_exits<N> || k < most_exits<M>; ++k) {
    const bool runs = k < most_exits<N> && found.plan.contains(k);
    const bool should = k < most_exits<M> && wanted.plan.contains(k);
    if (runs != should) {
      CAPTURE(k);
      CHECK(runs == should);
    }
  }
  CHECK(found.worth == wanted.worth);
  CHECK(found.bound == wanted.bound);
  CHECK(found.optimal == wanted.optimal);
}

/// visit(problem) with `rounds` problems from the start, in mid-run, and with ties.
template <std::size_t N, class Visit>
void for_each_problem(std::size_t rounds, Visit&& visit) {
  States<N> states(N), tied(100 + N);
  for (std::size_t round = 0; round < rounds; ++round)
    for (const auto& state : {states.next(), tied.next_tied()}) {
      INFO(state.text);
      visit(state.problem);
    }
}

template <class Search>
inline constexpr bool exact_search = false;
template <std::size_t Labels>
inline constexpr bool exact_search<BasicExactSearch<Labels>> = true;

template <std::size_t N, class Search>
void expect_same_plans(const Search& search, std::size_t rounds) {
  for_each_problem<N>(rounds, [&](const Problem<N>& problem) {
    const auto at_most = at_run_time<room_for<N>>(problem);
    const auto same = [&](const auto& law) { expect_same(search(at_most, law), search(problem, law)); };
    if constexpr (exact_search<Search>)
      for_each_kind_of_law(problem, same);
    else
      for_two_laws(problem, same);  // of each kind would take long to compile
  });
}

/// A problem of `exits` exits, in room for as many as `N`, before the start or in mid-run, perhaps with ties.
template <std::size_t N>
Problem<N> part_of(const Problem<most_exits<N>>& whole, std::size_t exits) {
  Problem<N> problem = at_run_time<N>(whole);
  static_cast<ExitCount<N>&>(problem.times) = ExitCount<N>(exits);
  problem.first = whole.first < exits ? whole.first : exits;
  problem.times.conv[exits - 1] += 1e-4;
  return problem;
}

/// The same problem with room for other numbers of exits.
template <std::size_t M, std::size_t N>
Problem<M> moved(const Problem<N>& from) {
  Problem<M> to{TimeProfile<M>(from.exit_count()), {}, from.in_hand, from.first, from.elapsed, from.price};
  to.times.conv.fill(1e9);
  to.confidences.fill(1);
  for (std::size_t k = 0; k < from.exit_count(); ++k) {
    to.times.conv[k] = from.times.conv[k];
    to.times.branch[k] = from.times.branch[k];
    to.confidences[k] = from.confidences[k];
  }
  return to;
}

}  // namespace

TEST_CASE("exact search finds the plans of the exact size, to the last bit", "[search][run_time_exits]") {
  for_each_exact_size(ExactSizes{},
                      []<std::size_t N>() { expect_same_plans<N>(ExactSearch{}, N < 20 ? 18 : 7); });
}

TEST_CASE("exact search without enough labels returns what it does at the exact size",
          "[search][run_time_exits]") {
  expect_same_plans<5>(BasicExactSearch<2>{}, 12);
  expect_same_plans<21>(BasicExactSearch<3>{}, 12);
  expect_same_plans<40>(BasicExactSearch<64>{}, 12);
}

TEST_CASE("searches of the paper find the plans of the exact size, to the last bit",
          "[search][run_time_exits]") {
  const auto all = []<std::size_t N>() {
    expect_same_plans<N>(GreedySearch{}, 6);
    expect_same_plans<N>(HybridSearch{}, 6);
    expect_same_plans<N>(EnumerationSearch{3, false}, 2);
    expect_same_plans<N>(RandomSearch{150}, 3);
    expect_same_plans<N>(ThresholdSearch{}, 3);
  };
  for_each_exact_size(FewExactSizes{}, all);
}

TEST_CASE("random search over few exits draws the same plans in room for many", "[search][run_time_exits]") {
  for_each_problem<40>(6, [](const Problem<40>& problem) {
    for_each_kind_of_law(problem, [&](const auto& law) {
      expect_same(RandomSearch{150}(at_run_time<up_to(128)>(problem), law), RandomSearch{150}(problem, law));
    });
  });
}

TEST_CASE("for every number of exits up to 64, plans do not depend on the room", "[search][run_time_exits]") {
  States<64> states(3);
  for (std::size_t exits = 1; exits <= 64; exits += sanitized ? 3 : 1)
    for (const auto& state : {states.next(), states.next_tied()}) {
      CAPTURE(exits);
      INFO(state.text);
      const auto wide = part_of<up_to(64)>(state.problem, exits);
      const auto wider = moved<up_to(128)>(wide);
      for_each_kind_of_law(wide, [&](const auto& law) {
        const auto found = ExactSearch{}(wider, law);
        expect_same(ExactSearch{}(wide, law), found);
        expect_same(HybridSearch{}(wide, law), HybridSearch{}(wider, law));
        expect_same(GreedySearch{}(wide, law), GreedySearch{}(wider, law));
        with_exits(exits, [&]<std::size_t N>() { expect_same(ExactSearch{}(moved<N>(wide), law), found); });
      });
    }
}

TEST_CASE("exact search over a run-time number of exits finds the best of all plans",
          "[search][run_time_exits]") {
  const auto brute_force = []<std::size_t N>() {
    for_each_problem<N>(6, [](const Problem<N>& problem) {
      for_each_kind_of_law(problem, [&](const auto& law) {
        const EveryPlan<N> every(problem, law);
        const auto found = ExactSearch{}(at_run_time<up_to(16)>(problem), law);
        CHECK(found.optimal);
        CHECK_THAT(found.worth, WithinAbs(every.best(), 1e-9));
      });
    });
  };
  for_each_exact_size(std::index_sequence<1, 2, 5, 8, 11, 15>{}, brute_force);
}

TEST_CASE("no search over a run-time number of exits allocates", "[search][run_time_exits]") {
  for_each_problem<21>(3, [](const Problem<21>& exact) {
    const auto problem = at_run_time<up_to(32)>(exact);
    for_each_kind_of_law(problem, [&](const auto& law) {
      const std::size_t before = allocations();
      static_cast<void>(ExactSearch{}(problem, law));
      static_cast<void>(HybridSearch{}(problem, law));
      CHECK(allocations() == before);
    });
  });
}

TEST_CASE("the room on the stack is that of the most exits", "[search][run_time_exits]") {
  CHECK(ExactSearch::stack_bytes<up_to(32)> >= ExactSearch::stack_bytes<32>);
  CHECK(ExactSearch::stack_bytes<up_to(32)> < ExactSearch::stack_bytes<64>);
  CHECK(EnumerationSearch::stack_bytes<up_to(32)> < EnumerationSearch::stack_bytes<64>);
}

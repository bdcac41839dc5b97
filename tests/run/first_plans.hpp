#pragma once
// When planners search for the plan that a sample begins with.

#include "catch.hpp"

#include <einet/plan/uniform.hpp>
#include <einet/search/exact.hpp>

#include <cmath>
#include <cstddef>

namespace einet::test {

/// The exact search; counts how often any of its copies was asked.
struct CountingSearch {
  template <class AnyProblem, class Law>
  auto operator()(const AnyProblem& problem, const Law& law) const noexcept {
    ++calls;
    return ExactSearch{}(problem, law);
  }
  static inline std::size_t calls = 0;
};

/// @param planner a new one, by a uniform law of horizon 4 and CountingSearch
template <class AnyPlanner>
void check_first_plans(AnyPlanner& planner) {
  const auto searches_of_reset = [&] {
    const std::size_t before = CountingSearch::calls;
    planner.reset();
    return CountingSearch::calls - before;
  };
  CHECK(searches_of_reset() == 0);
  const auto at_once = planner.plan();

  planner.set_price(.15);
  CHECK(searches_of_reset() == 1);
  CHECK(planner.price() == .15);
  CHECK(planner.plan().worth < at_once.worth);
  planner.set_price(.15);
  CHECK(searches_of_reset() == 0);
  for (const double no_price : {-1., HUGE_VAL, std::nan("")}) {
    planner.set_price(.15);
    planner.set_price(no_price);
    CHECK(planner.price() == 0);
    CHECK(searches_of_reset() == 1);
    CHECK(planner.plan().worth == at_once.worth);
  }

  planner.set_law(Uniform{2});
  CHECK(searches_of_reset() == 1);
  CHECK(planner.plan().worth < at_once.worth);
  planner.set_law(Uniform{4});
  planner.set_initial_worth(2.f);
  CHECK(searches_of_reset() == 1);
  CHECK(planner.problem().in_hand == 1);
  CHECK(planner.plan().plan.empty());
  planner.set_initial_worth(std::nanf(""));
  CHECK(searches_of_reset() == 1);
  CHECK(planner.problem().in_hand == 0);
  CHECK(planner.plan().worth == at_once.worth);
}

}  // namespace einet::test

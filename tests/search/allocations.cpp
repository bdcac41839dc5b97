// No search allocates: planning goes on between two exits of a run.

#include "catch.hpp"
#include "counting_new.hpp"
#include "search/states.hpp"
#include "support.hpp"

#include <einet/paper/enumeration.hpp>
#include <einet/paper/greedy.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/paper/random.hpp>
#include <einet/paper/threshold.hpp>
#include <einet/search/exact.hpp>
#include <einet/search/fixed_plan.hpp>

#include <cstddef>
#include <cstdint>
#include <new>

using namespace einet::test;
using einet::Problem;

namespace {

template <std::size_t N, class Law, class Search>
void allocates_nothing(const Problem<N>& problem, const Law& law, const Search& search, const char* name) {
  const std::size_t before = allocations();
  const auto found = search(problem, law);
  const std::size_t after = allocations();
  CAPTURE(name, to_string(found.plan));
  CHECK(after == before);
}

template <std::size_t N>
void no_search_allocates(std::uint64_t seed) {
  for_each_state<N>(seed, 14, [](const Problem<N>& problem, const auto& law) {
    allocates_nothing(problem, law, einet::ExactSearch{}, "exact");
    allocates_nothing(problem, law, einet::BasicExactSearch<2>{}, "exact, starved");
    allocates_nothing(problem, law, einet::GreedySearch{}, "greedy");
    allocates_nothing(problem, law, einet::EnumerationSearch{2}, "enumeration");
    allocates_nothing(problem, law, einet::EnumerationSearch{2, false}, "enumeration, not pruned");
    allocates_nothing(problem, law, einet::HybridSearch{2}, "hybrid");
    allocates_nothing(problem, law, einet::RandomSearch{100}, "random");
    allocates_nothing(problem, law, einet::ThresholdSearch{}, "threshold");
    allocates_nothing(problem, law, einet::FixedPlan<N>{}, "fixed");
  });
}

}  // namespace

TEST_CASE("no search allocates on 14, 40 or 100 exits, under any law", "[search][allocations]") {
  no_search_allocates<14>(41);
  no_search_allocates<40>(42);
  no_search_allocates<100>(43);
}

TEST_CASE("a search that allocated would be noticed", "[search][allocations]") {
  const std::size_t before = allocations();
  ::operator delete(::operator new(8));  // the call itself: a new-expression could be optimised away
  CHECK(allocations() > before);
}

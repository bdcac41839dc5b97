// No search allocates: planning goes on between two exits of a run.

#include "catch.hpp"
#include "counting_new.hpp"
#include "search/all_searches.hpp"
#include "search/states.hpp"
#include "support.hpp"

#include <cstddef>
#include <cstdint>
#include <new>

using namespace einet::test;
using einet::Problem;

namespace {

template <std::size_t N>
void no_search_allocates(std::uint64_t seed) {
  for_each_state<N>(seed, cases(14), [](const Problem<N>& problem, const NamedLaw& law) {
    law.accept([&]<class Law>(const Law& typed) {
      for (const auto& search : all_searches<N, Law>()) {
        const std::size_t before = allocations();
        const auto found = search.find(problem, typed);
        const std::size_t after = allocations();
        CAPTURE(search.name, to_string(found.plan));
        CHECK(after == before);
      }
    });
  });
}

}  // namespace

TEST_CASE("no search allocates on 12, 40 or 100 exits, under any law", "[search][allocations]") {
  no_search_allocates<12>(41);
  no_search_allocates<40>(42);
  no_search_allocates<100>(43);
}

TEST_CASE("a search that allocated would be noticed", "[search][allocations]") {
  const std::size_t before = allocations();
  ::operator delete(::operator new(8));  // the call itself: a new-expression could be optimised away
  CHECK(allocations() > before);
}

#pragma once
// Every search of the library as a function of one type, for promises of all of them.

#include <einet/paper/enumeration.hpp>
#include <einet/paper/greedy.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/paper/random.hpp>
#include <einet/paper/threshold.hpp>
#include <einet/search/exact.hpp>
#include <einet/search/fixed_plan.hpp>

#include <array>
#include <cstddef>

namespace einet::test {

template <std::size_t N, class Law>
struct NamedSearch {
  const char* name;
  Found<N> (*find)(const Problem<N>&, const Law&);
  std::size_t stack_bytes = 0;  ///< that it states as its maximum; 0 if it states none
};

template <std::size_t N, class Law>
std::array<NamedSearch<N, Law>, 9> all_searches() {
  using P = const Problem<N>&;
  using L = const Law&;
  constexpr std::size_t enumeration = EnumerationSearch::template stack_bytes<N>;
  return {{
      {"exact", [](P p, L law) { return ExactSearch{}(p, law); }, ExactSearch::stack_bytes<N>},
      {"exact, starved", [](P p, L law) { return BasicExactSearch<2>{}(p, law); },
       BasicExactSearch<2>::stack_bytes<N>},
      {"greedy", [](P p, L law) { return GreedySearch{}(p, law); }},
      {"enumeration", [](P p, L law) { return EnumerationSearch{2}(p, law); }, enumeration},
      {"enumeration, not pruned",
       [](P p, L law) {
         return EnumerationSearch{2, false}(p, law);
       },
       enumeration},
      {"hybrid", [](P p, L law) { return HybridSearch{2}(p, law); }},
      {"random", [](P p, L law) { return RandomSearch{70}(p, law); }},
      {"threshold", [](P p, L law) { return ThresholdSearch{}(p, law); }},
      {"fixed", [](P p, L law) { return FixedPlan<N>{ExitPlan<N>::all()}(p, law); }},
  }};
}

}  // namespace einet::test

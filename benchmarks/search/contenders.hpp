#pragma once
// The searches that are compared. To enter one of your own, model einet::plan_search and add a line below;
// then `bench_search compare` measures it and says how far it stays behind the optimum.

#include <einet/search/enumeration.hpp>
#include <einet/search/exact.hpp>
#include <einet/search/greedy.hpp>
#include <einet/search/hybrid.hpp>
#include <einet/search/random.hpp>

namespace einet::bench {

/// visit(name, search) for every contender.
template <class Visit>
void for_each_contender(Visit&& visit) {
  visit("greedy", GreedySearch{});
  visit("hybrid m=4", HybridSearch{4});
  visit("random 10,000", RandomSearch{});
  visit("exact", ExactSearch{});
}

}  // namespace einet::bench

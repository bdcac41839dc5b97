#pragma once
// The searches that are compared. To enter your own, model einet::plan_search and add a line below; then
// `bench_search compare` measures it and says how far it falls short of the optimum.

#include <einet/paper/enumeration.hpp>
#include <einet/paper/greedy.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/paper/random.hpp>
#include <einet/search/exact.hpp>

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

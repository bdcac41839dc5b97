// Compiled once for every size of networks, up to EINET_EXITS exits.

#include "paper/exits/score_searches.hpp"
#include "paper/exits/search_problems.hpp"

#include <einet/plan/exits.hpp>

namespace paper {

template <std::size_t N>
SearchTables score_searches(const std::vector<einet::Problem<N>>& problems) {
  return scoring::tables_of(problems);
}

constexpr std::size_t N = einet::up_to(EINET_EXITS);
template SearchTables score_searches<N>(const std::vector<einet::Problem<N>>&);

}  // namespace paper

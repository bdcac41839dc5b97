// The searches on random problems of exactly 40 exits, as many as the paper's largest network has.

#include "paper/exits/score_searches.hpp"

#include <einet/eval/random_problems.hpp>

namespace paper {

SearchTables search_random_problems() {
  return scoring::tables_of(einet::eval::random_problems<40>(100));
}

}  // namespace paper
